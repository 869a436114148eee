//! Where a component was, seen again and again. `host` looks, `report` draws.

use std::time::Duration;

use indexmap::IndexSet;

use super::Frame;

/// What was seen of a component.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    /// Each function and place that was seen, once.
    pub frames: IndexSet<Frame>,
    /// What was seen, in the order of time.
    pub taken: Vec<Sample>,
}

/// The stack of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// When, since looking began.
    pub at: Duration,
    /// Indexes of frames, the outermost function first.
    pub stack: Vec<usize>,
}

impl Samples {
    /// Adds what was seen `at` so long after the beginning: a stack, the outermost function first.
    pub fn add(&mut self, at: Duration, stack: impl IntoIterator<Item = Frame>) {
        let stack = stack.into_iter().map(|frame| self.frames.insert_full(frame).0).collect();
        self.taken.push(Sample { at, stack });
    }

    /// Puts `frames` in the places of those that were seen, of which some may be one now.
    pub fn replace(&mut self, frames: Vec<Frame>) {
        self.frames.clear();
        let now = frames.into_iter().map(|frame| self.frames.insert_full(frame).0);
        let now: Vec<usize> = now.collect();
        for index in self.taken.iter_mut().flat_map(|sample| &mut sample.stack) {
            *index = now[*index];
        }
    }
}

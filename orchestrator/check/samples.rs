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
}

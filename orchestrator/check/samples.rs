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
    /// Indexes of frames, the outermost function first; no more than [`Samples::DEEPEST`].
    pub stack: Vec<usize>,
}

impl Samples {
    /// How many functions of a stack are seen, the innermost: enough for whoever looks at a profile.
    pub const DEEPEST: usize = 500;

    /// How many functions and places are told apart. Programs have a few thousand.
    pub const MOST: usize = 10_000;

    /// Adds what was seen `at` so long after the beginning: a stack, the outermost function first.
    pub fn add(&mut self, at: Duration, stack: impl IntoIterator<Item = Frame>) {
        let stack = stack.into_iter().map(|frame| self.index(frame)).collect();
        self.taken.push(Sample { at, stack });
    }

    fn index(&mut self, frame: Frame) -> usize {
        if self.frames.len() < Self::MOST {
            return self.frames.insert_full(frame).0;
        }
        let known = self.frames.get_index_of(&frame);
        known.unwrap_or_else(|| self.frames.insert_full(others()).0)
    }

    /// Puts `frames` in the places of those that were seen: for each the functions that its compiler
    /// made it of, the innermost first. Some may be one now.
    pub fn replace(&mut self, frames: Vec<Vec<Frame>>) {
        self.frames.clear();
        let mut now = Vec::with_capacity(frames.len());
        for inlined in frames {
            let outermost_first = inlined.into_iter().rev();
            now.push(outermost_first.map(|frame| self.frames.insert_full(frame).0).collect());
        }
        let now: Vec<Vec<usize>> = now;
        for Sample { stack, .. } in &mut self.taken {
            let mut whole: Vec<usize> = stack.iter().flat_map(|it| &now[*it]).copied().collect();
            *stack = whole.split_off(whole.len().saturating_sub(Self::DEEPEST));
        }
    }
}

/// What stands for whatever was seen after the first [`Samples::MOST`].
fn others() -> Frame {
    let function = Some("others".to_owned());
    Frame { component: None, module: None, function, place: None, code: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Code;

    fn frame(name: &str, offset: usize) -> Frame {
        let code = Some(Code { part: 0, offset: Some(offset), function: 0 });
        Frame { component: None, module: None, function: Some(name.to_owned()), place: None, code }
    }

    fn names(samples: &Samples) -> Vec<Vec<&str>> {
        let name = |index: &usize| samples.frames[*index].function.as_deref().unwrap();
        samples.taken.iter().map(|sample| sample.stack.iter().map(name).collect()).collect()
    }

    #[test]
    fn a_function_becomes_those_that_it_was_made_of() {
        let mut samples = Samples::default();
        samples.add(Duration::ZERO, [frame("outer", 1), frame("inner", 2)]);
        samples.add(Duration::ZERO, [frame("outer", 3)]);
        let made = |names: &[&str]| names.iter().map(|name| frame(name, 0)).collect();
        samples.replace(vec![made(&["b", "a"]), made(&["d", "c"]), made(&["a"])]);
        assert_eq!(names(&samples), [vec!["a", "b", "c", "d"], vec!["a"]]);
        assert_eq!(samples.frames.len(), 4);
        samples.replace((0..4).map(|_| vec![frame("deep", 0); Samples::DEEPEST]).collect());
        assert_eq!(samples.taken[0].stack.len(), Samples::DEEPEST);
    }

    #[test]
    fn what_is_seen_late_is_not_told_apart() {
        let mut samples = Samples::default();
        for offset in 0..Samples::MOST + 10 {
            samples.add(Duration::ZERO, [frame("one", offset)]);
        }
        assert_eq!(samples.frames.len(), Samples::MOST + 1);
        assert_eq!(names(&samples).last().unwrap(), &["others"]);
        samples.add(Duration::ZERO, [frame("one", 0)]);
        assert_eq!(names(&samples).last().unwrap(), &["one"]);
    }
}

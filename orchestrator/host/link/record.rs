//! The calls that parts made to each other.

use crate::check::{CameBack, Crossing, Crossings};

/// How many are kept: more than anybody reads, and few enough for any memory.
const MOST: usize = 10_000;

/// Notes calls as they are made.
#[derive(Default)]
pub(in crate::host) struct Recorder {
    crossings: Crossings,
    depth: usize,
}

impl Recorder {
    /// A call begins; gives what [`leave`](Self::leave) is told.
    pub(super) fn enter(&mut self, crossing: impl FnOnce(usize) -> Crossing) -> Option<usize> {
        let depth = self.depth;
        self.depth += 1;
        let number = self.crossings.made.len();
        if number == MOST {
            self.crossings.left_out += 1;
            return None;
        }
        self.crossings.made.push(crossing(depth));
        Some(number)
    }

    /// A call came back.
    pub(super) fn leave(&mut self, number: Option<usize>, came_back: impl FnOnce() -> CameBack) {
        self.depth -= 1;
        if let Some(number) = number {
            self.crossings.made[number].returned = Some(came_back());
        }
    }

    /// All that was noted since it was asked last.
    pub(in crate::host) fn take(&mut self) -> Crossings {
        self.depth = 0;
        std::mem::take(&mut self.crossings)
    }
}

//! What may go wrong around poly, and that nothing wrong comes of it: each fault, tried as often
//! as asked, is followed by builds that are right or that say what is the matter and what to do.
//!
//! The suite tries each of them a few times; `cargo test --bench faults` tries each of them as
//! often as `benches/faults.rs` says, which takes some minutes.

mod clock;
mod crowd;
mod damage;
mod disk;
mod edits;
mod kill;
mod pipeline;

pub(crate) use clock::jumps;
pub(crate) use crowd::crowds;
pub(crate) use damage::damages;
pub(crate) use disk::full_disks;
pub(crate) use edits::edits;
pub(crate) use kill::kills;

use crate::place::Ran;

/// What came of one kind of fault.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    /// The fault.
    pub(crate) fault: String,
    /// The right artifact was made.
    pub(crate) right: usize,
    /// There was an error that says what to do.
    pub(crate) told: usize,
    /// Anything else: a wrong artifact, a crash, an error without a remedy.
    pub(crate) wrong: Vec<String>,
}

impl Outcomes {
    fn of(fault: impl Into<String>) -> Self {
        Self { fault: fault.into(), ..Self::default() }
    }

    /// Counts a run that should have made the right artifact, or told why it could not.
    fn count(&mut self, what: &str, ran: &Ran, is_right: bool) {
        let is_told = (ran.code == 1 || ran.code == 2) && ran.stderr.contains("help:");
        match ran.code {
            0 if is_right => self.right += 1,
            _ if is_told => self.told += 1,
            code => self.wrong.push(format!(
                "{what}: exit code {code}, right: {is_right}\n{}{}",
                ran.stdout, ran.stderr
            )),
        }
    }

    /// Counts a run that had no reason not to make the right artifact.
    fn count_right(&mut self, what: &str, ran: &Ran, is_right: bool) {
        if ran.code == 0 && is_right {
            self.right += 1;
        } else {
            let said = format!("{}{}", ran.stdout, ran.stderr);
            self.wrong.push(format!("{what}: exit code {}, right: {is_right}\n{said}", ran.code));
        }
    }

    /// How many outcomes there were.
    pub(crate) fn tried(&self) -> usize {
        self.right + self.told + self.wrong.len()
    }
}

/// Numbers that look random, the same each time.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

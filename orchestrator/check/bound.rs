//! What a call used, held against what another one used in the same run.
//!
//! A bound is a ratio: it means the same on a slow machine and on a fast one.

use super::judge::{Difference, Subject};
use crate::manifest::Bound;

/// What two calls used of the same thing, in the same unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// What the call used.
    pub used: u64,
    /// What the other one used.
    pub other: u64,
}

impl Measured {
    /// How far it is over `bound`, if it is.
    pub fn judge(self, subject: Subject, bound: &Bound) -> Option<Difference> {
        let most = *bound.at_most.get_ref();
        let ratio = self.ratio();
        if ratio <= most {
            return None;
        }
        let expected = format!("at most {most} times that of {}", bound.of.get_ref());
        Some(Difference::new(subject, expected, format!("{ratio:.2} times that")))
    }

    /// As many times as the other; a call that used nothing counts as one that used one unit.
    #[expect(clippy::cast_precision_loss, reason = "it is shown with two decimal places")]
    fn ratio(self) -> f64 {
        self.used as f64 / self.other.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_a_ratio() {
        let bound: Bound = toml::from_str("at-most = 1.5\nof = 'run(1)'").unwrap();
        let judge = |used, other| Measured { used, other }.judge(Subject::Fuel, &bound);
        assert_eq!(judge(150, 100), None);
        assert_eq!(judge(0, 0), None);
        let over = judge(151, 100).unwrap();
        assert_eq!(over.subject, Subject::Fuel);
        assert_eq!(over.expected, "at most 1.5 times that of run(1)");
        assert_eq!(over.got, "1.51 times that");
        assert_eq!(judge(2, 0).unwrap().got, "2.00 times that");
    }
}

//! What a call used, held against what another one used in the same run.
//!
//! A bound is a ratio: it means the same on a slow machine and on a fast one.

use super::difference::{Difference, Subject};
use crate::manifest::Bound;

/// Holds a call that used `ratio` times as much as the other one against `bound`: a difference, if
/// that is too much.
pub fn hold(ratio: f64, subject: Subject, bound: &Bound) -> Option<Difference> {
    let most = *bound.at_most.get_ref();
    if ratio <= most {
        return None;
    }
    let expected = format!("at most {most} times that of {}", bound.of.get_ref());
    Some(Difference::new(subject, expected, format!("{ratio:.2} times that")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_a_ratio() {
        let bound: Bound = toml::from_str("at-most = 1.5\nof = 'run(1)'").unwrap();
        let held = |ratio| hold(ratio, Subject::Fuel, &bound);
        assert_eq!(held(1.5), None);
        let over = held(1.51).unwrap();
        assert_eq!(over.subject, Subject::Fuel);
        assert_eq!(over.expected, "at most 1.5 times that of run(1)");
        assert_eq!(over.got, "1.51 times that");
    }
}

//! What many measurements say together.

use serde::Serialize;

/// How measured values are spread. Each but the mean is a value that was measured (the nearest
/// rank), never one between two.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Distribution {
    /// The middle one.
    pub median: u64,
    /// Nine of ten are not above it.
    pub p90: u64,
    /// Nor are 99 of a hundred above this one.
    pub p99: u64,
    /// The least.
    pub min: u64,
    /// The most.
    pub max: u64,
    /// Their sum, divided by how many there are.
    pub mean: f64,
}

/// How many times as much one side took as the other, in rounds that both took part in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Ratio {
    /// In the middle round.
    pub median: f64,
    /// One round of ten is not above it.
    pub p10: f64,
    /// Nine rounds of ten are not above it.
    pub p90: f64,
    /// How many rounds there were.
    pub rounds: usize,
}

impl Distribution {
    /// Of at least one value; there is nothing to say of none.
    pub fn of(mut values: Vec<u64>) -> Option<Self> {
        values.sort_unstable();
        let (min, max) = (*values.first()?, *values.last()?);
        let sum: u128 = values.iter().copied().map(u128::from).sum();
        #[expect(clippy::cast_precision_loss, reason = "a mean is shown with three digits")]
        let mean = sum as f64 / values.len() as f64;
        let at = |percent| values[rank(percent, values.len())];
        Some(Self { median: at(50), p90: at(90), p99: at(99), min, max, mean })
    }
}

impl Ratio {
    /// Of the two sides' amounts, round by round. None without a round, and where the other side's
    /// amount is 0 in one.
    pub fn of(rounds: &[(u64, u64)]) -> Option<Self> {
        if rounds.is_empty() || rounds.iter().any(|(_, other)| *other == 0) {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a ratio is shown with three digits")]
        let ratio = |&(one, other): &(u64, u64)| one as f64 / other as f64;
        let mut ratios: Vec<f64> = rounds.iter().map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        let at = |percent| ratios[rank(percent, ratios.len())];
        Some(Self { median: at(50), p10: at(10), p90: at(90), rounds: ratios.len() })
    }
}

/// The place, among `count` sorted values, of the least that so many in a hundred are not above.
fn rank(percent: usize, count: usize) -> usize {
    (count * percent).div_ceil(100).max(1) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let spread = Distribution::of((1..=1_000).rev().collect()).unwrap();
        assert_eq!((spread.min, spread.median, spread.p90), (1, 500, 900));
        assert_eq!((spread.p99, spread.max), (990, 1_000));
        assert!((spread.mean - 500.5).abs() < 1e-9);
    }

    #[test]
    fn few_values_have_quantiles_too() {
        assert_eq!(Distribution::of(Vec::new()), None);
        let one = Distribution::of(vec![7]).unwrap();
        assert_eq!([one.median, one.p90, one.p99, one.min, one.max], [7; 5]);
        let two = Distribution::of(vec![9, 3]).unwrap();
        assert_eq!([two.median, two.p90, two.p99], [3, 9, 9]);
    }

    #[test]
    fn one_slow_call_of_many_moves_the_mean_and_no_quantile() {
        let mut values = vec![10; 999];
        values.push(1_000_000);
        let spread = Distribution::of(values).unwrap();
        assert_eq!((spread.median, spread.p99, spread.max), (10, 10, 1_000_000));
        assert!(spread.mean > 1_000.0);
    }

    #[test]
    fn sides_are_compared_round_by_round() {
        // The machine was twice as slow in the second round, for both.
        let ratio = Ratio::of(&[(30, 10), (60, 20), (31, 10)]).unwrap();
        assert!((ratio.median - 3.0).abs() < 1e-9);
        assert!((ratio.p10 - 3.0).abs() < 1e-9 && (ratio.p90 - 3.1).abs() < 1e-9);
        assert_eq!(ratio.rounds, 3);
        assert_eq!(Ratio::of(&[]), None);
        assert_eq!(Ratio::of(&[(1, 0)]), None);
    }
}

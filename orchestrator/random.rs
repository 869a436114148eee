//! Numbers without a pattern that are the same in every run: for what stands in for randomness in
//! a component, and for values that tests are made of. They are no secret to anyone.

/// Sebastiano Vigna's `SplitMix64`: <https://prng.di.unimi.it/splitmix64.c>. Its state is the seed.
#[derive(Debug, Clone)]
pub(crate) struct SplitMix64(pub(crate) u64);

impl SplitMix64 {
    /// The next number; all 64 bits are as good.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        // Not quite even where `end` is near to 2^64, which no length is.
        let rest = self.next() % end as u64;
        usize::try_from(rest).expect("it is below a `usize`")
    }

    /// One of `all`, of which there is at least one.
    pub(crate) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        // The first three numbers of the reference program for the seed 1234567.
        let mut sequence = SplitMix64(1_234_567);
        let numbers = [sequence.next(), sequence.next(), sequence.next()];
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,]
        );
    }

    #[test]
    fn every_number_below_comes_and_none_beyond() {
        let mut sequence = SplitMix64(1);
        let mut seen = [0; 7];
        for _ in 0..700 {
            seen[sequence.below(7)] += 1;
        }
        assert!(seen.iter().all(|times| (50..150).contains(times)), "{seen:?}");
        assert_eq!(*sequence.one_of(&["one"]), "one");
    }
}

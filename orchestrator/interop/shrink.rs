//! A difference, made as small as it gets.

use std::rc::Rc;
use std::time::Duration;

use super::Function;
use super::answer::Answer;
use super::search::{Difference, Search, Tried};
use super::sequence::Invocation;
use super::smaller::{shorter, smaller};
use crate::check::Nan;

/// How often a sequence is tried again while it is made smaller.
const TRIES: usize = 800;

/// As how many tries one counts that goes over a limit other than that of time.
const DEAR: usize = 40;

/// How long tries may last that take all the time that a call may take: so many of them that they
/// fill it count as all tries.
const PATIENCE: Duration = Duration::from_mins(1);

impl<E> Search<'_, '_, E> {
    /// The smallest that was found; or the `first`, if that differs by a timeout and does not do so
    /// once more.
    pub(super) fn shrink(&mut self, first: Difference) -> Result<Difference, E> {
        let smallest = self.smallest(first.clone())?;
        if smallest.is_lone_timeout() && smallest.tries > 0 {
            let again = self.compare(&smallest.calls)?;
            if again.way(&smallest.calls) != Some(smallest.way()) {
                return Ok(Difference { tries: smallest.tries, ..first });
            }
        }
        Ok(smallest)
    }

    /// Fewer calls, then simpler arguments, then fewer calls again, until nothing gets smaller or
    /// enough was tried. Whatever takes its place differs in the same way.
    fn smallest(&mut self, mut smallest: Difference) -> Result<Difference, E> {
        let mut left = TRIES;
        loop {
            let mut is_smaller = false;
            loop {
                let fewer = fewer_calls(&smallest.calls);
                if !self.step(&mut smallest, &mut left, fewer)? {
                    break;
                }
                is_smaller = true;
            }
            // Later calls first: the last one is what differs.
            for call in (0..smallest.calls.len()).rev() {
                while call < smallest.calls.len() {
                    let simpler = simpler_calls(self.functions, &smallest.calls, call);
                    if !self.step(&mut smallest, &mut left, simpler)? {
                        break;
                    }
                    is_smaller = true;
                }
            }
            if left == 0 || !is_smaller {
                return Ok(smallest);
            }
        }
    }

    /// Takes the first candidate that differs in the same way; false if none does.
    fn step(
        &mut self,
        smallest: &mut Difference,
        left: &mut usize,
        candidates: impl Iterator<Item = Vec<Invocation>>,
    ) -> Result<bool, E> {
        let way = smallest.way();
        for mut candidate in candidates {
            if *left == 0 {
                return Ok(false);
            }
            let tried = self.compare(&candidate)?;
            *left = left.saturating_sub(self.cost(&tried));
            smallest.tries += 1;
            candidate.truncate(tried.answers.len());
            let Tried { answers, groups: Some(groups) } = tried else { continue };
            let smaller = Difference { calls: candidate, answers, groups, ..*smallest };
            if smaller.way() == way {
                *smallest = smaller;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// As how many tries one counts.
    fn cost(&self, tried: &Tried) -> usize {
        let timeouts = tried.timeouts();
        if timeouts > 0 {
            let time = self.settings.timeout.as_millis() * TRIES as u128;
            let each = time.div_ceil(PATIENCE.as_millis()).max(1);
            return usize::try_from(each).unwrap_or(TRIES).saturating_mul(timeouts);
        }
        let exceeds = |answer: &Answer| matches!(answer, Answer::Exceeded(_));
        if tried.answers.iter().flatten().any(exceeds) { DEAR } else { 1 }
    }
}

/// Without some of the calls before the last one.
fn fewer_calls(calls: &[Invocation]) -> impl Iterator<Item = Vec<Invocation>> + use<> {
    let (last, before) = calls.split_last().expect("what differs was called");
    let last = last.clone();
    // Most differences need none of them.
    let none = (!before.is_empty()).then(Vec::new);
    let fewer = none.into_iter().chain(shorter(Rc::from(before)));
    fewer.map(move |mut before| {
        before.push(last.clone());
        before
    })
}

/// With one argument of one call simpler, or the canonical NaN.
fn simpler_calls(
    functions: &[Function],
    calls: &[Invocation],
    call: usize,
) -> impl Iterator<Item = Vec<Invocation>> + use<> {
    let types = functions[calls[call].function].parameters.clone();
    let calls = calls.to_vec();
    let canonical = calls[call].odd_nan().map(|_| {
        let mut calls = calls.clone();
        calls[call].nan = Nan::Canonical;
        calls
    });
    let simpler = (0..types.len()).flat_map(move |place| {
        let calls = calls.clone();
        smaller(&types[place], &calls[call].arguments[place]).map(move |value| {
            let mut calls = calls.clone();
            calls[call].arguments[place] = value;
            calls
        })
    });
    canonical.into_iter().chain(simpler)
}

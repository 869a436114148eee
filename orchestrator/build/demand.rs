//! What each action asks of the schedule: job slots, to be alone, and how much time.
//!
//! An action is expected to take as long as it took last. One that never ran here is like the
//! others of its kind, and as nothing where there are none.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::driver::Driver;
use super::schedule::Demand;
use crate::plan::{Action, Plan};

impl Driver<'_> {
    /// What each action asks for, in the order of the plan.
    pub(super) fn demands(&self, plan: &Plan) -> Vec<Demand<'_>> {
        let state = self.lock_state();
        let last = |action: &Action| {
            // Of one that was only ever found in the cache, nothing is known.
            let took = state.last(action)?.milliseconds;
            (took > 0).then(|| Duration::from_millis(took))
        };
        let expected = durations(plan.needs().keys(), last);
        let demand = |(action, expected): (&Action, Duration)| {
            let exclusive = match action {
                Action::Build(name) => self.project.component(name).0.exclusive.as_ref(),
                _ => None,
            };
            let exclusive = exclusive.map(|name| name.get_ref().as_str());
            let weight = match action {
                // All slots, however many there are: a build with nothing to do does not look.
                Action::Precompile(_) => NonZeroUsize::MAX,
                _ => self.weight(action),
            };
            Demand { weight, exclusive, expected }
        };
        plan.needs().keys().zip(expected).map(demand).collect()
    }

    /// How many jobs an action counts as.
    pub(super) fn weight(&self, action: &Action) -> NonZeroUsize {
        match action {
            Action::Build(name) => {
                let weight = self.project.component(name).0.weight.get();
                NonZeroUsize::new(weight as usize).unwrap_or(NonZeroUsize::MIN)
            }
            Action::Adapt(_) | Action::Compose => NonZeroUsize::MIN,
            // The compiler of machine code uses all processors by itself.
            Action::Precompile(_) => self.options.jobs.count(),
        }
    }
}

/// The expected time of each action, in their order; `last` says what is known of one.
fn durations<'a>(
    actions: impl Iterator<Item = &'a Action>,
    last: impl Fn(&Action) -> Option<Duration>,
) -> Vec<Duration> {
    let known: Vec<_> = actions.map(|action| (action.verb(), last(action))).collect();
    let mut of_kind: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for (verb, time) in &known {
        of_kind.entry(verb).or_default().extend(time);
    }
    let usual: BTreeMap<&str, Duration> =
        of_kind.into_iter().map(|(verb, times)| (verb, median(times))).collect();
    known.into_iter().map(|(verb, time)| time.unwrap_or(usual[verb])).collect()
}

/// The middle one; of an even number, the longer of the two.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ran_takes_as_long_as_others_of_its_kind() {
        let build = |name: &str| Action::Build(name.to_owned());
        let actions = [build("a"), build("b"), build("c"), build("d"), Action::Compose];
        let last = |action: &Action| match action.component()? {
            "a" => Some(Duration::from_secs(9)),
            "b" => Some(Duration::from_secs(1)),
            "c" => Some(Duration::from_secs(2)),
            _ => None,
        };
        let seconds: Vec<u64> =
            durations(actions.iter(), last).iter().map(Duration::as_secs).collect();
        assert_eq!(seconds, [9, 1, 2, 2, 0]);
        assert!(durations(actions.iter(), |_| None).iter().all(Duration::is_zero));
    }
}

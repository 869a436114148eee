//! How long each action is expected to take: as long as it took last. One that never ran is like
//! the others of its kind, and as nothing where there are none.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::plan::Action;

/// The expected time of each action, in their order; `last` says what is known of one.
pub(super) fn durations<'a>(
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

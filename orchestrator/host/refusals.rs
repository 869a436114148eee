//! What a component tried to use and was not granted.

use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;

use super::secrets::Secrets;
use crate::check::Refusal;

/// How many different things are remembered of one function in one call: a component could ask for
/// ever more. The others are counted.
const MOST: usize = 20;

/// How many characters are remembered of what it asked for.
const LONGEST: usize = 200;

/// The refusals of one instance; clones share them.
#[derive(Clone, Default)]
pub(super) struct Refusals {
    noted: Arc<Mutex<Noted>>,
    secrets: Secrets,
}

/// By function and what was asked of it, in the order of the first try.
type Noted = IndexMap<(&'static str, Option<String>), Refusal>;

impl Refusals {
    /// Those of an instance that has these secrets.
    pub(super) fn new(secrets: Secrets) -> Self {
        Self { noted: Arc::default(), secrets }
    }

    /// Notes that `function` was refused `wanted`, which the line `grant` below `[grants]` would
    /// allow; an empty one, if none would.
    pub(super) fn note(
        &self,
        function: &'static str,
        wanted: Option<&str>,
        grant: impl FnOnce() -> String,
    ) {
        // Hidden before it is cut: half a secret is not known again. Names of hosts are told in
        // lower case.
        let shown = |text: &str| self.secrets.hidden_in_any_case(text);
        let wanted = wanted.map(|text| shown(text).chars().take(LONGEST).collect::<String>());
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = (function, wanted);
        let is_new = !noted.contains_key(&key);
        if is_new && noted.keys().filter(|(other, _)| *other == function).count() >= MOST {
            key.1 = Some(Refusal::OTHERS.to_owned());
        }
        let refusal = noted.entry(key).or_insert_with_key(|(function, wanted)| {
            let others = wanted.as_deref() == Some(Refusal::OTHERS);
            let grant = if others { String::new() } else { shown(&grant()) };
            Refusal { function: (*function).to_owned(), wanted: wanted.clone(), grant, times: 0 }
        });
        refusal.times += 1;
    }

    /// What was noted since the last time.
    pub(super) fn take(&self) -> Vec<Refusal> {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *noted).into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_noted_once_and_counted() {
        let refusals = Refusals::default();
        for wanted in ["b", "a", "b"] {
            refusals.note("f", Some(wanted), || format!("grant {wanted}"));
        }
        let taken = refusals.take();
        let told: Vec<_> = taken.iter().map(|it| (it.wanted.as_deref(), it.times)).collect();
        assert_eq!(told, [(Some("b"), 2), (Some("a"), 1)]);
        assert_eq!(taken[0].grant, "grant b");
        assert_eq!(refusals.take(), []);
    }

    #[test]
    fn there_is_an_end_to_what_is_remembered() {
        let refusals = Refusals::default();
        for number in 0..10_000 {
            refusals.note("f", Some(&format!("{}{number}", "x".repeat(150))), String::new);
        }
        refusals.note("f", Some(&format!("{}0", "x".repeat(150))), String::new);
        let taken = refusals.take();
        assert_eq!((taken.len(), taken[0].times), (MOST + 1, 2));
        assert_eq!(taken[MOST].times, 10_000 - MOST as u64);
        assert!(taken[MOST].to_string().contains("`f` for other things 9980 times"), "{taken:?}");
        refusals.note("f", Some(&"\u{e4}".repeat(10_000)), String::new);
        assert_eq!(refusals.take()[0].wanted.as_ref().unwrap().chars().count(), LONGEST);
    }

    #[test]
    fn one_function_leaves_room_for_another() {
        let refusals = Refusals::default();
        for number in 0..1000 {
            refusals.note("f", Some(&number.to_string()), String::new);
        }
        refusals.note("g", None, || "grant g".to_owned());
        let taken = refusals.take();
        assert_eq!(taken.last().unwrap().grant, "grant g");
        assert_eq!(taken.iter().map(|it| it.times).sum::<u64>(), 1001);
    }

    #[test]
    fn no_part_of_a_secret_is_told() {
        let secret = ("TOKEN".to_owned(), "Abc-123-Xyz".to_owned());
        let refusals = Refusals::new(Secrets::new(&[secret]));
        for wanted in [
            format!("{}Abc-123-Xyz", "x".repeat(LONGEST - 4)),
            "http://abc-123-xyz.evil.com".to_owned(),
        ] {
            refusals.note("f", Some(&wanted), || format!("http = [{wanted:?}]"));
        }
        for refusal in refusals.take() {
            let told = refusal.to_string().to_lowercase();
            assert!(!told.contains("abc") && told.contains("[sec"), "{told}");
        }
    }
}

//! What a component tried to use and was not granted.

use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;

use crate::check::Refusal;

/// How many different things are remembered of one call: a component could ask for ever more.
const MOST: usize = 100;

/// How many characters are remembered of what it asked for.
const LONGEST: usize = 200;

/// The refusals of one instance; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Refusals(Arc<Mutex<Noted>>);

/// By function and what was asked of it, in the order of the first try.
type Noted = IndexMap<(&'static str, Option<String>), Refusal>;

impl Refusals {
    /// Notes that `function` was refused `wanted`, which the line `grant` below `[grants]` would
    /// allow; an empty one, if none would.
    pub(super) fn note(
        &self,
        function: &'static str,
        wanted: Option<&str>,
        grant: impl FnOnce() -> String,
    ) {
        let wanted = wanted.map(|text| text.chars().take(LONGEST).collect::<String>());
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (function, wanted);
        if let Some(refusal) = noted.get_mut(&key) {
            refusal.times += 1;
        } else if noted.len() < MOST {
            let (function, wanted) = (function.to_owned(), key.1.clone());
            noted.insert(key, Refusal { function, wanted, grant: grant(), times: 1 });
        }
    }

    /// What was noted since the last time.
    pub(super) fn take(&self) -> Vec<Refusal> {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        assert_eq!((taken.len(), taken[0].times), (MOST, 2));
        refusals.note("f", Some(&"\u{e4}".repeat(10_000)), String::new);
        assert_eq!(refusals.take()[0].wanted.as_ref().unwrap().chars().count(), LONGEST);
    }
}

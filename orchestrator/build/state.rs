//! What the last run of each action in this checkout was: its key, how long it took, why it ran,
//! whether it failed. So the next one can say what changed, begin with what takes longest, and warn
//! of what is in the composed component without reading its record.
//!
//! It stands in the checkout, and a copy of it in the cache under the pipeline's name: a fresh
//! checkout, as CI has one, knows by that what the former one built. Losing either loses an
//! explanation and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use poly_cache::{Ahead, Digest};
use serde::{Deserialize, Serialize};

use super::noticed::Noticed;
use super::outputs;
use crate::plan::{Action, Reason};

/// Goes up when the form of the file changes; a file of another version counts as absent.
const VERSION: u32 = 4;

/// The last run of each action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    version: u32,
    actions: BTreeMap<Action, Last>,
    /// What composing noticed, under the key of what it made.
    noticed: Option<(Digest, Noticed)>,
    /// Of another checkout: good for reasons and durations, and for nothing else.
    #[serde(skip)]
    elsewhere: BTreeMap<Action, Last>,
    #[serde(skip)]
    changed: bool,
}

/// The last run of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Last {
    /// The key of what was made last, by a run or taken from the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Digest>,
    /// The key of what another checkout made last, where nothing was made here yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    elsewhere: Option<Digest>,
    /// How long the last run took that made something, in milliseconds.
    pub milliseconds: u64,
    /// Why it ran; nothing, if what was made came from the cache.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Reason>,
    /// Whether the last run failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}

impl Last {
    /// The key of what was made last, here or elsewhere.
    pub(super) fn known(&self) -> Option<Digest> {
        self.key.or(self.elsewhere)
    }
}

impl Default for State {
    fn default() -> Self {
        let (actions, elsewhere) = (BTreeMap::new(), BTreeMap::new());
        Self { version: VERSION, actions, noticed: None, elsewhere, changed: false }
    }
}

impl State {
    /// What a former run left in this checkout, about to be read from its file.
    pub(super) fn ahead(here: &Path) -> Ahead<Option<Self>> {
        Ahead::of(here, Self::read)
    }

    /// What a former run left in this checkout, or else what one left in another, in a file of that.
    pub(super) fn of(here: Ahead<Option<Self>>, elsewhere: &Path) -> Self {
        here.end().unwrap_or_else(|| {
            let elsewhere = Self::read(elsewhere).map(|state| state.actions).unwrap_or_default();
            Self { elsewhere, ..Self::default() }
        })
    }

    fn read(file: &Path) -> Option<Self> {
        let state: Self = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        (state.version == VERSION).then_some(state)
    }

    /// The last run of an action, here or elsewhere.
    pub(super) fn last(&self, action: &Action) -> Option<&Last> {
        self.actions.get(action).or_else(|| self.elsewhere.get(action))
    }

    /// The last run of an action in this checkout.
    pub(super) fn here(&self, action: &Action) -> Option<&Last> {
        self.actions.get(action)
    }

    /// The key of what an action made last in this checkout.
    pub(super) fn key(&self, action: &Action) -> Option<Digest> {
        self.here(action)?.key
    }

    /// What composing noticed when it made what this key leads to, if that was the last here.
    pub(super) fn noticed(&self, key: &Digest) -> Option<&Noticed> {
        self.noticed.as_ref().filter(|(known, _)| known == key).map(|(_, noticed)| noticed)
    }

    /// Composing noticed something, now or when it made what is in the cache.
    pub(super) fn notice(&mut self, key: Digest, noticed: Noticed) {
        let noticed = Some((key, noticed));
        self.changed |= self.noticed != noticed;
        self.noticed = noticed;
    }

    /// An action ran, and made something.
    pub(super) fn ran(&mut self, action: &Action, key: Digest, took: u64, because: Vec<Reason>) {
        let last = Last { key: Some(key), milliseconds: took, because, ..Last::default() };
        self.changed |= self.actions.insert(action.clone(), last.clone()) != Some(last);
    }

    /// What an action makes was in the cache.
    pub(super) fn found(&mut self, action: &Action, key: Digest) {
        let took = self.last(action).map_or(0, |last| last.milliseconds);
        let last = self.actions.entry(action.clone()).or_default();
        if last.key != Some(key) || last.failed {
            *last = Last { key: Some(key), milliseconds: took, ..Last::default() };
            self.changed = true;
        }
    }

    /// An action ran and failed.
    pub(super) fn failed(&mut self, action: &Action) {
        let last = self.actions.entry(action.clone()).or_insert_with(|| {
            let elsewhere = self.elsewhere.get(action).cloned().unwrap_or_default();
            Last { key: None, elsewhere: elsewhere.known(), ..elsewhere }
        });
        self.changed |= !last.failed;
        last.failed = true;
    }

    /// Whether it says anything that the files do not.
    pub(super) fn is_changed(&self) -> bool {
        self.changed
    }

    /// What other checkouts may know of it: of what did not run here, what was known before.
    pub(super) fn for_others(&self) -> Self {
        let mut actions = self.elsewhere.clone();
        actions.extend(self.actions.clone());
        Self { actions, ..Self::default() }
    }

    /// Writes it whole or not at all.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let directory = path.parent().expect("a state file has a directory");
        let bytes = serde_json::to_vec(self)?;
        let write = || {
            fs::create_dir_all(directory)?;
            outputs::write_with(path, &bytes, 0o600)
        };
        write().or_else(|error: io::Error| match error.kind() {
            // Somebody has just cleaned.
            io::ErrorKind::NotFound => write(),
            _ => Err(error),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written_and_damage_is_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let [here, cached] = ["state.json", "cached.json"].map(|name| directory.path().join(name));
        let mut state = State::default();
        let because = vec![Reason::NeverBuilt, Reason::Upstream { action: Action::Compose }];
        state.ran(&Action::Compose, Digest::of(b"key"), 12, because);
        state.failed(&Action::Build("a".to_owned()));
        assert!(state.is_changed());
        state.write(&cached).unwrap();
        let read = || State::of(State::ahead(&here), &cached);
        assert_eq!(read().elsewhere, state.actions);
        assert!(!read().is_changed());
        assert_eq!(read().last(&Action::Compose), state.last(&Action::Compose));
        assert_eq!(read().key(&Action::Compose), None, "nothing was made here");
        state.write(&here).unwrap();
        assert_eq!(read().key(&Action::Compose), Some(Digest::of(b"key")));
        fs::remove_file(&here).unwrap();

        fs::write(&cached, "{ half a fi").unwrap();
        assert_eq!(read(), State::default());
        fs::write(&cached, r#"{"version":1,"actions":{}}"#).unwrap();
        assert_eq!(read(), State::default());
    }

    #[test]
    fn what_is_found_again_is_no_news() {
        let mut state = State::default();
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        state.ran(&Action::Compose, one, 12, vec![Reason::NeverBuilt]);
        state.changed = false;

        state.found(&Action::Compose, one);
        assert!(!state.is_changed());
        assert_eq!(state.last(&Action::Compose).unwrap().because, [Reason::NeverBuilt]);
        state.found(&Action::Compose, other);
        assert!(state.is_changed());
        let last = state.last(&Action::Compose).unwrap();
        assert_eq!((last.key, last.milliseconds, last.because.len()), (Some(other), 12, 0));

        state.failed(&Action::Compose);
        state.found(&Action::Compose, other);
        assert!(!state.last(&Action::Compose).unwrap().failed, "what is there has not failed");
    }
}

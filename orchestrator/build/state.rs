//! The key of the last successful run of each action in this directory, so that the next run
//! can say what changed. Losing it loses an explanation and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use poly_cache::Digest;

use crate::plan::Action;

/// Keys by the action's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State(BTreeMap<String, Digest>);

impl State {
    /// What a former run left, or nothing.
    pub(super) fn read(path: &Path) -> Self {
        let keys = fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self(keys.unwrap_or_default())
    }

    /// The key of an action's last run.
    pub(super) fn key(&self, action: &Action) -> Option<&Digest> {
        self.0.get(&action.to_string())
    }

    /// Notes a run. Says whether that is news.
    pub(super) fn note(&mut self, action: &Action, key: Digest) -> bool {
        self.0.insert(action.to_string(), key) != Some(key)
    }

    /// Writes it whole or not at all.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let directory = path.parent().expect("a state file has a directory");
        fs::create_dir_all(directory)?;
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        serde_json::to_writer_pretty(&mut file, &self.0)?;
        file.flush()?;
        file.persist(path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written_and_damage_is_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.json");
        let mut state = State::read(&path);
        assert!(state.note(&Action::Compose, Digest::of(b"key")));
        assert!(!state.note(&Action::Compose, Digest::of(b"key")));
        state.write(&path).unwrap();
        assert_eq!(State::read(&path), state);

        fs::write(&path, "{ half a fi").unwrap();
        assert_eq!(State::read(&path), State::default());
    }
}

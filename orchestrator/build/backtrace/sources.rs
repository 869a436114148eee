//! The sources of the pipeline's components, as compilers called them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use poly_cache::Digest;

use crate::build::cache::{BUILDS, component_of};
use crate::build::driver::Driver;
use crate::build::error::BuildError;
use crate::check::Place;
use crate::manifest::normal;
use crate::plan::Action;
use crate::toolchain::SourceDirectory;

/// How much of a line is kept.
const WIDTH: usize = 160;
/// How long a file may be, in bytes, whose lines are shown.
const LONGEST: u64 = 1 << 20;

/// What was looked up of sources.
pub(super) struct Sources<'d> {
    driver: &'d Driver<'d>,
    /// What the last build of each component read.
    inputs: BTreeMap<String, BTreeMap<String, Digest>>,
}

impl<'d> Sources<'d> {
    pub(super) fn of(driver: &'d Driver<'d>) -> Self {
        Self { driver, inputs: BTreeMap::new() }
    }

    /// Says of a place in a component where it is in the pipeline, if it is there.
    pub(super) fn resolve(&mut self, component: &str, place: &mut Place) -> Result<(), BuildError> {
        let Some(file) = self.in_pipeline(component, &place.file) else { return Ok(()) };
        if !self.inputs.contains_key(component) {
            self.inputs.insert(component.to_owned(), self.last_inputs(component)?);
        }
        if self.inputs[component].contains_key(&file) {
            place.own = true;
            place.file = file;
        }
        Ok(())
    }

    /// Adds its line's text to a place that was resolved. That takes time, and is for the few that are
    /// shown.
    pub(super) fn quote(&self, component: &str, place: &mut Place) {
        let digest = self.inputs.get(component).and_then(|inputs| inputs.get(&place.file));
        if let (Some(digest), Some(line)) = (digest, place.line) {
            place.text = text(&self.driver.project.root.join(&place.file), digest, line);
        }
    }

    fn last_inputs(&self, component: &str) -> Result<BTreeMap<String, Digest>, BuildError> {
        let key = self.driver.lock_state().key(&Action::Build(component.to_owned()));
        let record = key.map(|key| self.driver.artifacts.record(&key)).transpose()?.flatten();
        Ok(record.map(|record| record.fingerprint.inputs).unwrap_or_default())
    }

    /// The path relative to the manifest of what a compiler called `file`.
    fn in_pipeline(&self, component: &str, file: &str) -> Option<String> {
        let (settings, toolchain) = self.driver.project.component(component);
        let below = |(path, directory): (&String, &SourceDirectory)| {
            let rest = file.strip_prefix(path.as_str())?.strip_prefix('/')?;
            Some(match directory {
                SourceDirectory::Root => rest.to_owned(),
                SourceDirectory::Component => format!("{}/{rest}", settings.path.get_ref()),
            })
        };
        let found = toolchain.sources.iter().find_map(below);
        // The copy of this or of another checkout, on this or on another machine.
        let in_copy = || {
            let (_, below) = file.split_once(&format!("/{BUILDS}/"))?;
            let (directory, below) = below.split_once("/copy/")?;
            (component_of(directory)? == component).then(|| below.to_owned())
        };
        found.or_else(in_copy).and_then(|path| normal(&path))
    }
}

/// A line of a file, if that is still what it was.
fn text(path: &Path, digest: &Digest, line: u32) -> Option<String> {
    let mut bytes = Vec::new();
    // What is left of a longer one has another digest.
    File::open(path).ok()?.take(LONGEST).read_to_end(&mut bytes).ok()?;
    if Digest::of(&bytes) != *digest {
        return None;
    }
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().nth((line as usize).checked_sub(1)?)?;
    Some(line.trim_end().chars().take(WIDTH).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_of_a_file_that_is_as_it_was_and_not_too_long() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a.rs");
        let told = |now: &str, then: &str, line| {
            std::fs::write(&path, now).unwrap();
            text(&path, &Digest::of(then.as_bytes()), line)
        };
        assert_eq!(told("one\n  two \n", "one\n  two \n", 2).as_deref(), Some("  two"));
        assert_eq!(told("one\ntwo\n", "one\ntwo\n", 3), None);
        assert_eq!(told("one\ntwo\n", "one\nto\n", 1), None);
        let long = |length| format!("one\n{}", " ".repeat(length));
        let most = usize::try_from(LONGEST).unwrap() - 4;
        assert_eq!(told(&long(most), &long(most), 1).as_deref(), Some("one"));
        assert_eq!(told(&long(most + 1), &long(most + 1), 1), None);
    }

    #[test]
    fn a_path_stays_below_where_it_begins() {
        assert_eq!(normal("a/./b/../c.rs").as_deref(), Some("a/c.rs"));
        assert_eq!(normal("./c.rs").as_deref(), Some("c.rs"));
        assert_eq!(normal("a/../../c.rs"), None);
    }
}

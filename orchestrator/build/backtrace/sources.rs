//! The sources of the pipeline's components, as compilers called them.

use std::collections::BTreeMap;
use std::fs;

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

/// What was looked up of sources.
pub(super) struct Sources<'d> {
    driver: &'d Driver<'d>,
    /// What the last build of each component read.
    inputs: BTreeMap<String, BTreeMap<String, Digest>>,
    /// The files that were read, by their paths in the pipeline, each with its digest.
    files: BTreeMap<String, (Digest, String)>,
}

impl<'d> Sources<'d> {
    pub(super) fn of(driver: &'d Driver<'d>) -> Self {
        Self { driver, inputs: BTreeMap::new(), files: BTreeMap::new() }
    }

    /// Says of a place in a component where it is in the pipeline, if it is there.
    pub(super) fn resolve(&mut self, component: &str, place: &mut Place) -> Result<(), BuildError> {
        let Some(file) = self.in_pipeline(component, &place.file) else { return Ok(()) };
        if !self.inputs.contains_key(component) {
            self.inputs.insert(component.to_owned(), self.last_inputs(component)?);
        }
        let Some(digest) = self.inputs[component].get(&file) else { return Ok(()) };
        let source = self.files.entry(file.clone()).or_insert_with(|| {
            let bytes = fs::read(self.driver.project.root.join(&file)).unwrap_or_default();
            (Digest::of(&bytes), String::from_utf8_lossy(&bytes).into_owned())
        });
        place.own = true;
        place.file = file;
        if source.0 == *digest {
            let line = place.line.and_then(|line| source.1.lines().nth(line as usize - 1));
            place.text = line.map(|line| line.trim_end().chars().take(WIDTH).collect());
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_below_where_it_begins() {
        assert_eq!(normal("a/./b/../c.rs").as_deref(), Some("a/c.rs"));
        assert_eq!(normal("./c.rs").as_deref(), Some("c.rs"));
        assert_eq!(normal("a/../../c.rs"), None);
    }
}

//! The frames of a trap in the pipeline's own terms: which component each is of, and which line of
//! which of its sources.
//!
//! The runtime knows bytes of the program, or of one of several that the host started side by side;
//! of each an [`Origin`] says what it was made of. What lies around a byte is known by its content: the
//! bytes of a part are those of the component as it was adapted. So no name that a tool wrote, or
//! left out, is relied on.
//!
//! A program names its sources as its compiler saw them, in the copy (`recipe`): by the copy's
//! path, or by what the toolchain's file says that it is called (`sources`). A file counts as the
//! component's own if it is an input of its build. Nothing else is opened, whatever a component says
//! that its sources are.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use poly_cache::Digest;

use super::cache::{BUILDS, component_of};
use super::driver::Driver;
use super::error::BuildError;
use crate::check::{Code, Frame, Place, Trap};
use crate::component::locate::{Located, locate};
use crate::manifest::normal;
use crate::plan::Action;
use crate::toolchain::SourceDirectory;

/// How much of a line is kept.
const WIDTH: usize = 160;

/// What a program was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// All components of the pipeline, as the last build composed them.
    Composed,
    /// One of them by itself, as the last build adapted it.
    Component(String),
    /// A component that lies somewhere, perhaps of these or composed of them.
    File(PathBuf),
    /// Nothing of anybody's: it joins components.
    Joint,
}

impl Driver<'_> {
    /// Completes the frames of a trap of programs that were started together, each of such an
    /// origin. What an interpreter wrote to standard error becomes frames too, where nothing else
    /// tells of the sources.
    pub fn locate(
        &self,
        trap: &mut Trap,
        stderr: Option<&str>,
        origins: &[Origin],
    ) -> Result<(), BuildError> {
        let components = self.adapted_components()?;
        let mut programs: BTreeMap<usize, Option<Program<'_>>> = BTreeMap::new();
        let mut inputs = BTreeMap::new();
        let mut sources = Sources::default();
        for frame in &mut trap.frames {
            let Some(code) = frame.code else { continue };
            let program = match programs.entry(code.part) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.program(&origins[code.part], &components)?),
            };
            let component = program.as_mut().and_then(|program| program.component_of(code));
            let Some(component) = component else { continue };
            if !inputs.contains_key(&component) {
                inputs.insert(component.clone(), self.last_inputs(&component)?);
            }
            if let Some(place) = &mut frame.place {
                self.resolve(&component, &inputs[&component], place, &mut sources);
            }
            frame.component = Some(component);
        }
        let innermost = trap.frames.iter().find_map(|frame| frame.component.clone());
        if let Some(component) = innermost
            && !trap.frames.iter().any(Frame::is_own)
        {
            let told = traceback(stderr.unwrap_or_default());
            let told = told.into_iter().map(|(function, mut place)| {
                self.resolve(&component, &inputs[&component], &mut place, &mut sources);
                let component = Some(component.clone());
                let function = Some(function);
                Frame { component, module: None, function, place: Some(place), code: None }
            });
            trap.frames.splice(0..0, told.filter(Frame::is_own).collect::<Vec<_>>());
        }
        Ok(())
    }

    /// A program whose code is looked at; none if there is nothing of a component's to be found.
    fn program<'c>(
        &self,
        origin: &Origin,
        components: &'c Components,
    ) -> Result<Option<Program<'c>>, BuildError> {
        let (action, name) = match origin {
            Origin::Composed => (Action::Compose, None),
            Origin::Component(name) => (Action::Adapt(name.clone()), Some(name.clone())),
            Origin::File(path) => {
                let Ok(bytes) = fs::read(path) else { return Ok(None) };
                let whole = components.get(&Digest::of(&bytes)).cloned();
                return Ok(Some(Program::new(Arc::new(bytes), whole, components)));
            }
            Origin::Joint => return Ok(None),
        };
        let Some(artifact) = self.last_artifact(&action)? else { return Ok(None) };
        // A pipeline of one component may be composed of nothing else.
        let whole = name.or_else(|| components.get(&artifact.digest).cloned());
        Ok(Some(Program::new(self.artifacts.bytes(&artifact)?, whole, components)))
    }

    /// The components by what their adapted files are.
    fn adapted_components(&self) -> Result<Components, BuildError> {
        let mut components = BTreeMap::new();
        for name in self.project.manifest.components.keys().map(toml::Spanned::get_ref) {
            if let Some(artifact) = self.last_artifact(&Action::Adapt(name.clone()))? {
                // Of components that are equal, any will do: they have the same sources.
                components.entry(artifact.digest).or_insert_with(|| name.clone());
            }
        }
        Ok(components)
    }

    /// What the last build of a component read.
    fn last_inputs(&self, component: &str) -> Result<BTreeMap<String, Digest>, BuildError> {
        let key = self.lock_state().key(&Action::Build(component.to_owned()));
        let record = key.map(|key| self.artifacts.record(&key)).transpose()?.flatten();
        Ok(record.map(|record| record.fingerprint.inputs).unwrap_or_default())
    }

    /// Says of a place where it is in the pipeline, if it is there.
    fn resolve(
        &self,
        component: &str,
        inputs: &BTreeMap<String, Digest>,
        place: &mut Place,
        sources: &mut Sources,
    ) {
        let Some(file) = self.in_pipeline(component, &place.file) else { return };
        let Some(digest) = inputs.get(&file) else { return };
        let source = sources.entry(file.clone()).or_insert_with(|| {
            let bytes = fs::read(self.project.root.join(&file)).unwrap_or_default();
            (Digest::of(&bytes), String::from_utf8_lossy(&bytes).into_owned())
        });
        place.own = true;
        place.file = file;
        if source.0 == *digest {
            let line = place.line.and_then(|line| source.1.lines().nth(line as usize - 1));
            place.text = line.map(|line| line.trim_end().chars().take(WIDTH).collect());
        }
    }

    /// The path relative to the manifest of what a compiler called `file`.
    fn in_pipeline(&self, component: &str, file: &str) -> Option<String> {
        let (settings, toolchain) = self.project.component(component);
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

/// The files that were read, by their paths in the pipeline, each with its digest.
type Sources = BTreeMap<String, (Digest, String)>;

/// Components by the digests of their adapted files.
type Components = BTreeMap<Digest, String>;

/// A program, and what was found in it.
struct Program<'c> {
    bytes: Arc<Vec<u8>>,
    components: &'c Components,
    /// The component that all of it is, if it is one.
    whole: Option<String>,
    /// The digests that were taken, by where the bytes begin.
    known: BTreeMap<usize, Digest>,
    /// What lies around the bytes that were asked for.
    located: BTreeMap<usize, Option<Located>>,
}

impl<'c> Program<'c> {
    fn new(bytes: Arc<Vec<u8>>, whole: Option<String>, components: &'c Components) -> Self {
        Self { bytes, components, whole, known: BTreeMap::new(), located: BTreeMap::new() }
    }

    /// The component that code is of; none for what joins components.
    fn component_of(&mut self, code: Code) -> Option<String> {
        // What the runtime puts between components has bytes of its own, which mean nothing here.
        let offset = code.offset?;
        let located = self.located.entry(offset).or_insert_with(|| locate(&self.bytes, offset));
        let located = located.clone().filter(|found| found.function == code.function)?;
        if self.whole.is_some() {
            return self.whole.clone();
        }
        let part = self.digest_of(located.nested?);
        self.components.get(&part).cloned()
    }

    fn digest_of(&mut self, part: Range<usize>) -> Digest {
        let begins = part.start;
        *self.known.entry(begins).or_insert_with(|| Digest::of(&self.bytes[part]))
    }
}

/// The functions that Python says an exception came through, the innermost first.
fn traceback(stderr: &str) -> Vec<(String, Place)> {
    let last = stderr.rfind("Traceback (most recent call last):").map(|at| &stderr[at..]);
    let frame = |line: &str| {
        let (file, rest) = line.trim_start().strip_prefix("File \"")?.split_once("\", line ")?;
        let (line, function) = rest.split_once(", in ").unwrap_or((rest, "<module>"));
        let line = Some(line.parse().ok().filter(|line| *line > 0)?);
        let place = Place { file: file.to_owned(), line, column: None, own: false, text: None };
        Some((function.to_owned(), place))
    };
    let mut frames: Vec<_> = last.unwrap_or_default().lines().filter_map(frame).collect();
    frames.reverse();
    frames
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

    #[test]
    fn python_tells_its_frames_from_the_outermost_inwards() {
        let said = "Traceback (most recent call last):\n  File \"/0/old.py\", line 1, in old\n\
            while handling it:\nTraceback (most recent call last):\n  \
            File \"/0/app.py\", line 12, in store\n    self.check(data)\n    ~~~~^^^\n  \
            File \"/0/app.py\", line 7, in check\n    raise ValueError\nValueError\n";
        let told = traceback(said);
        let lines: Vec<_> = told.iter().map(|(name, place)| (name.as_str(), place.line)).collect();
        assert_eq!(lines, [("check", Some(7)), ("store", Some(12))]);
        assert_eq!(traceback("  File \"x\", line 1, in f"), [], "no traceback");
    }
}

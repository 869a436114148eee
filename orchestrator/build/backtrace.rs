//! The frames of a trap in the pipeline's own terms: which component each is of, and which line of
//! which of its sources.
//!
//! The runtime knows bytes of the program, or of one of several that the host started side by side;
//! of each an [`Origin`] says what it was made of. What lies around a byte is known by its content: the
//! bytes of a part are those of the component as it was adapted. So no name that a tool wrote, or
//! left out, is relied on. Which line of which file a byte was made of, the component itself says
//! (see `lines`).
//!
//! A program names its sources as its compiler saw them, in the copy (`recipe`): by the copy's
//! path, or by what the toolchain's file says that it is called (`sources`). A file counts as the
//! component's own if it is an input of its build. Nothing else is opened, whatever a component says
//! that its sources are.

mod program;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use poly_cache::Digest;

use super::driver::Driver;
use super::error::BuildError;
use super::lines::Reading;
use crate::check::{Frame, Place, Samples, Trap};
use crate::component::lines::Line;
use crate::cut;
use crate::plan::Action;
use program::{Components, Program};
use sources::Sources;

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

/// Frames of which all is known, each as the functions that its compiler made it of: those that were
/// inlined first.
struct Completed {
    frames: Vec<Vec<Frame>>,
    /// What is missing of debug information, and why.
    unread: Option<String>,
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
        reading: &mut Reading,
    ) -> Result<(), BuildError> {
        let mut sources = Sources::of(self);
        let Completed { frames, unread } =
            self.complete(&trap.frames, origins, &mut sources, reading)?;
        trap.frames = frames.into_iter().flatten().take(Trap::FRAMES).collect();
        trap.unread = unread;
        let innermost = trap.frames.iter().find_map(|frame| frame.component.clone());
        if let Some(component) = innermost
            && !trap.frames.iter().any(Frame::is_own)
        {
            let mut told = Vec::new();
            for (function, mut place) in traceback(stderr.unwrap_or_default()) {
                sources.resolve(&component, &mut place)?;
                if place.own {
                    let (component, function) = (Some(component.clone()), Some(function));
                    let (module, place) = (None, Some(place));
                    told.push(Frame { component, module, function, place, code: None });
                }
                if told.len() == Trap::FRAMES {
                    break;
                }
            }
            trap.frames.splice(0..0, told);
        }
        trap.frames.truncate(Trap::FRAMES);
        for frame in &mut trap.frames {
            if let (Some(component), Some(place)) = (&frame.component, &mut frame.place) {
                sources.quote(component, place);
            }
        }
        Ok(())
    }

    /// Completes what was seen of such programs. Gives what is missing of debug information, and why.
    pub fn locate_samples(
        &self,
        seen: &mut Samples,
        origins: &[Origin],
        reading: &mut Reading,
    ) -> Result<Option<String>, BuildError> {
        let frames: Vec<Frame> = seen.frames.iter().cloned().collect();
        let completed = self.complete(&frames, origins, &mut Sources::of(self), reading)?;
        seen.replace(completed.frames);
        Ok(completed.unread)
    }

    fn complete(
        &self,
        frames: &[Frame],
        origins: &[Origin],
        sources: &mut Sources<'_>,
        reading: &mut Reading,
    ) -> Result<Completed, BuildError> {
        let components = self.adapted_components()?;
        let mut offsets = BTreeMap::<usize, BTreeSet<usize>>::new();
        for code in frames.iter().filter_map(|frame| frame.code) {
            offsets.entry(code.part).or_default().extend(code.offset);
        }
        let (mut programs, mut files) = (BTreeMap::new(), BTreeMap::new());
        for (part, offsets) in &offsets {
            if let Some((mut program, file)) = self.program(&origins[*part], &components)? {
                program.look(offsets);
                programs.insert(*part, program);
                files.insert(*part, file);
            }
        }
        let (mut wanted, mut positions) = (BTreeMap::new(), Vec::new());
        for frame in frames {
            let program = frame.code.and_then(|code| Some((code, programs.get_mut(&code.part)?)));
            let position = program.and_then(|(code, program)| {
                let byte = program.byte(code)?;
                wanted.insert((code.part, byte), program.component_of(byte));
                Some((code.part, byte))
            });
            positions.push(position);
        }
        let known = self.lines(wanted.clone(), &files, reading);
        let mut completed = Vec::new();
        for (frame, position) in frames.iter().zip(positions) {
            let component = position.and_then(|position| wanted[&position].clone());
            let lines = position.and_then(|position| known.lines.get(&position));
            let mut made_of = made_of(frame, component, lines.map_or(&[], Vec::as_slice));
            for frame in &mut made_of {
                if let (Some(component), Some(place)) = (&frame.component, &mut frame.place) {
                    sources.resolve(component, place)?;
                }
            }
            completed.push(made_of);
        }
        Ok(Completed { frames: completed, unread: known.missing() })
    }

    /// A program whose code is looked at, and its file; none if there is nothing of a component's to be
    /// found.
    fn program<'c>(
        &self,
        origin: &Origin,
        components: &'c Components,
    ) -> Result<Option<(Program<'c>, PathBuf)>, BuildError> {
        let (action, name) = match origin {
            Origin::Composed => (Action::Compose, None),
            Origin::Component(name) => (Action::Adapt(name.clone()), Some(name.clone())),
            Origin::File(path) => {
                let Ok(bytes) = fs::read(path) else { return Ok(None) };
                let whole = components.get(&Digest::of(&bytes)).cloned();
                let program = Program::new(Arc::new(bytes), whole, components);
                return Ok(Some((program, path.clone())));
            }
            Origin::Joint => return Ok(None),
        };
        let Some(artifact) = self.last_artifact(&action)? else { return Ok(None) };
        // A pipeline of one component may be composed of nothing else.
        let whole = name.or_else(|| components.get(&artifact.digest).cloned());
        let program = Program::new(self.artifacts.bytes(&artifact)?, whole, components);
        Ok(Some((program, self.artifacts.trusted(&artifact)?)))
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
}

/// A frame of a component as the functions that its compiler made it of, as far as that is known.
fn made_of(frame: &Frame, component: Option<String>, lines: &[Line]) -> Vec<Frame> {
    let frame = Frame { component, ..frame.clone() };
    if lines.is_empty() {
        return vec![frame];
    }
    let made_of = lines.iter().map(|line| {
        let place = line.file.as_ref().map(|file| Place {
            file: file.clone(),
            line: line.line,
            column: line.column,
            own: false,
            text: None,
        });
        let function = line.function.clone().or_else(|| frame.function.clone());
        Frame { function, place, ..frame.clone() }
    });
    made_of.collect()
}

/// The functions that Python says an exception came through, the innermost first.
fn traceback(stderr: &str) -> Vec<(String, Place)> {
    let last = stderr.rfind("Traceback (most recent call last):").map(|at| &stderr[at..]);
    let frame = |line: &str| {
        let (file, rest) = line.trim_start().strip_prefix("File \"")?.split_once("\", line ")?;
        let (line, function) = rest.split_once(", in ").unwrap_or((rest, "<module>"));
        let line = Some(line.parse().ok().filter(|line| *line > 0)?);
        let place = Place { file: file.to_owned(), line, column: None, own: false, text: None };
        Some((cut::name(function), place))
    };
    let mut frames: Vec<_> = last.unwrap_or_default().lines().filter_map(frame).collect();
    frames.reverse();
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

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

//! The lines of sources that a program's functions were at, read by another poly.
//!
//! They are in the debug information that components carry, and whoever wrote that can make reading
//! it as hard as they like: a few kilobytes take more stack or memory than there is. So it is read by
//! `poly lines` (which is not shown) and within bounds (see [`bounded`]), and only when lines are to
//! be shown.
//!
//! The other poly answers for one byte after the other, each with a line of JSON. If it does not get to
//! the end, the first byte without an answer is of the component that is to blame: that is left out
//! from then on, and the rest is asked for once more. Nobody takes away the lines of another.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bounded::{self, Bounds, Fault};
use super::driver::Driver;
use super::error::BuildError;
use crate::component::lines::{DebugInfo, Line};
use crate::component::locate::locate;
use crate::manifest::Bytes;

/// How far reading may go. All of our own examples, built to be debugged, take 40 MB and a tenth of a second.
const BOUNDS: Bounds = Bounds { memory: Bytes::mebibytes(512), time: Duration::from_secs(10) };

/// How many lines are told in one answer.
const MOST: usize = 20_000;

/// A byte of one of the programs that were started together: the program's place among them, and the
/// byte.
pub(super) type Position = (usize, usize);

/// What is asked of the other poly, as JSON on its command line: files, and bytes of each.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Question(Vec<(PathBuf, BTreeSet<usize>)>);

/// Components whose debug information cannot be read, and why; none for what is of no component.
#[derive(Debug, Default)]
pub(super) struct Unread(Mutex<BTreeMap<Option<String>, String>>);

/// What is known of the lines.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Lines by what was asked for, those of functions that were inlined first.
    pub(super) lines: BTreeMap<Position, Vec<Line>>,
    /// What could not be read, and why, for people.
    pub(super) unread: Option<String>,
}

impl FromStr for Question {
    type Err = serde_json::Error;

    /// From JSON, as it is handed from one poly to another.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text)
    }
}

impl Driver<'_> {
    /// The lines of these bytes of programs, which lie in these files. Of each byte it is said which
    /// component it is of, if it is of one.
    pub(super) fn lines(
        &self,
        mut wanted: BTreeMap<Position, Option<String>>,
        files: &BTreeMap<usize, PathBuf>,
    ) -> Result<Known, BuildError> {
        let mut known = Known::default();
        loop {
            wanted.retain(|_, component| match self.unread.of(component.as_deref()) {
                Some(why) => {
                    known.unread.get_or_insert(why);
                    false
                }
                None => true,
            });
            if wanted.is_empty() {
                return Ok(known);
            }
            let (lines, fault) = self.ask(&wanted, files)?;
            let answered: Vec<_> = wanted.keys().copied().zip(lines).collect();
            wanted
                .retain(|position, _| answered.binary_search_by_key(position, |it| it.0).is_err());
            known.lines.extend(answered);
            match (wanted.first_entry(), fault) {
                (Some(first), Some(fault)) => self.unread.note(first.get().clone(), &fault),
                _ => return Ok(known),
            }
        }
    }

    /// What the other poly answered, and why it went no further.
    fn ask(
        &self,
        wanted: &BTreeMap<Position, Option<String>>,
        files: &BTreeMap<usize, PathBuf>,
    ) -> Result<(Vec<Vec<Line>>, Option<String>), BuildError> {
        let mut by_file = BTreeMap::<usize, BTreeSet<usize>>::new();
        for (part, offset) in wanted.keys() {
            by_file.entry(*part).or_default().insert(*offset);
        }
        let question = by_file.into_iter().map(|(part, offsets)| (files[&part].clone(), offsets));
        let question = match serde_json::to_string(&Question(question.collect())) {
            Ok(question) => question,
            Err(error) => return Ok((Vec::new(), Some(error.to_string()))),
        };
        let answer = self.artifacts.draft()?;
        let program = &self.options.program;
        let command = ["lines".to_owned(), question];
        let fault = match bounded::run(program, command, BOUNDS, Some(answer.path())) {
            Ok(finished) => Fault::of(&finished).map(|fault| told(&fault)),
            Err(error) => Some(error.to_string()),
        };
        Ok((understood(answer.path()), fault))
    }
}

/// The lines of JSON that another poly wrote to its end; what it said beside them is passed over.
fn understood(answer: &Path) -> Vec<Vec<Line>> {
    let text = fs::read(answer).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n');
    lines.filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

fn told(fault: &Fault) -> String {
    let Bounds { memory, time } = BOUNDS;
    match fault {
        Fault::Time => format!("that took longer than {time:?}"),
        Fault::Memory => format!("that took more memory than {memory}"),
        Fault::Stopped { said, .. } if said.contains("has overflowed its stack") => {
            "that took more stack than there is".to_owned()
        }
        Fault::Stopped { status, .. } => format!("what read it stopped with {status}"),
    }
}

impl Unread {
    fn of(&self, component: Option<&str>) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(of, _)| of.as_deref() == component).map(|(_, why)| why.clone())
    }

    fn note(&self, component: Option<String>, fault: &str) {
        let of = component.as_ref().map(|name| format!(" of `{name}`")).unwrap_or_default();
        let why = format!("the debug information{of} could not be read: {fault}");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(component, why);
    }
}

/// The other side: tells the lines of each byte that is asked for, in order, takes no more than `memory`,
/// and ends with the process `parent`.
pub fn read_lines(
    question: &Question,
    memory: Bytes,
    parent: u32,
    mut tell: impl FnMut(&[Line]),
) -> io::Result<()> {
    bounded::bound(memory, parent)?;
    let mut left = MOST;
    for (file, offsets) in &question.0 {
        let bytes = fs::read(file)?;
        let located = locate(&bytes, offsets);
        let mut read: Option<(Range<usize>, Option<DebugInfo<'_>>)> = None;
        for offset in offsets {
            let module = located.get(offset).map(|found| &found.module);
            if read.as_ref().map(|(module, _)| module) != module {
                // What was read of one module is dropped before the next is.
                drop(read.take());
                read = module.map(|it| (it.clone(), DebugInfo::of(&bytes, it.clone())));
            }
            let info = read.as_ref().and_then(|(_, info)| info.as_ref());
            let mut lines = info.map(|info| info.at(*offset)).unwrap_or_default();
            lines.truncate(left);
            left -= lines.len();
            tell(&lines);
        }
    }
    Ok(())
}

//! The lines of sources that a program's functions were at, read by another poly.
//!
//! They are in the debug information that components carry, and whoever wrote that can make reading
//! it as hard as they like: a few kilobytes take more stack or memory than there is. So it is read by
//! `poly-host lines` (which is not shown) and within bounds (see [`bounded`]), and only when lines are to
//! be shown.
//!
//! The other poly answers for one byte after the other, each with a line of JSON. If it does not get to
//! the end, the first byte without an answer is of the component that is to blame, unless others took
//! the time: that is left out from then on, and the rest is asked for once more. Nobody takes away the
//! lines of another, neither so nor by having more to say: each byte has its share of the answer.

mod reader;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use super::bounded::{self, Bounds, Fault};
use super::driver::Driver;
use crate::component::lines::Line;
use crate::manifest::Bytes;
use crate::toolchain::process::Answer;
use reader::Told;
pub use reader::{Question, read_lines};

/// How far reading may go. All of our own examples, built to be debugged, take 40 MB and a tenth of a second.
const BOUNDS: Bounds = Bounds {
    memory: Bytes::mebibytes(512),
    time: Duration::from_secs(10),
    answer: ROOM + (1 << 20),
};

/// How many bytes of lines are told of one trap or profile. What else is in an answer is less than
/// 100 bytes for each byte that was asked for.
const ROOM: usize = 8 << 20;

/// How long one poly reads in all.
const ENOUGH: Duration = Duration::from_secs(30);

/// A byte of one of the programs that were started together: the program's place among them, and the
/// byte.
pub(super) type Position = (usize, usize);

/// What one poly has come to know from reading.
#[derive(Debug, Default)]
pub struct Reading {
    /// Components whose debug information cannot be read, and why; none for what is of no component.
    unread: BTreeMap<Option<String>, String>,
    /// How long it took so far.
    took: Duration,
}

/// What is known of the lines.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Lines by what was asked for, those of functions that were inlined first.
    pub(super) lines: BTreeMap<Position, Vec<Line>>,
    /// What could not be read, and why, for people.
    unread: BTreeSet<String>,
    /// Of how many bytes there are more lines.
    cut: usize,
}

impl Driver<'_> {
    /// The lines of these bytes of programs, which lie in these files. Of each byte it is said which
    /// component it is of, if it is of one.
    pub(super) fn lines(
        &self,
        mut wanted: BTreeMap<Position, Option<String>>,
        files: &BTreeMap<usize, PathBuf>,
        reading: &mut Reading,
    ) -> Known {
        let mut known = Known::default();
        let mut room = ROOM;
        loop {
            wanted.retain(|_, component| {
                let refusal = reading.refusal(component.as_deref());
                let is_read = refusal.is_none();
                known.unread.extend(refusal);
                is_read
            });
            if wanted.is_empty() {
                return known;
            }
            let answer = match self.ask(&wanted, files, room) {
                Ok(answer) => answer,
                Err(why) => {
                    known.unread.insert(unread(None, &why));
                    return known;
                }
            };
            reading.took += answer.elapsed;
            room = room.saturating_sub(answer.stdout.len());
            let mut last = None;
            for told in understood(&answer.stdout) {
                let Some((position, component)) = wanted.pop_first() else { break };
                known.cut += usize::from(told.cut);
                known.lines.insert(position, told.lines);
                last = Some(component);
            }
            let fault = Fault::of(&answer);
            let (Some(first), Some(fault)) = (wanted.first_entry(), fault) else { return known };
            if is_nobodys(&fault) {
                known.unread.insert(unread(None, &reason(&fault)));
                return known;
            }
            // Time that another had taken before is not its fault: then it is asked for by itself.
            if last.is_none_or(|last| last == *first.get()) {
                reading.note(first.get().clone(), &fault);
            }
        }
    }

    /// What the other poly answers; or why it cannot be asked.
    fn ask(
        &self,
        wanted: &BTreeMap<Position, Option<String>>,
        files: &BTreeMap<usize, PathBuf>,
        room: usize,
    ) -> Result<Answer, String> {
        let mut by_file = BTreeMap::<usize, BTreeSet<usize>>::new();
        for (part, offset) in wanted.keys() {
            by_file.entry(*part).or_default().insert(*offset);
        }
        let files = by_file.into_iter().map(|(part, offsets)| (files[&part].clone(), offsets));
        let question = Question { room, files: files.collect() };
        let question = serde_json::to_string(&question).map_err(|error| error.to_string())?;
        bounded::run(&self.runtime().program, ["lines".to_owned(), question], BOUNDS)
            .map_err(|error| error.to_string())
    }
}

impl Known {
    /// What is missing and why, on one line; nothing if all is there.
    pub(super) fn missing(&self) -> Option<String> {
        let cut = (self.cut > 0).then(|| {
            let places = if self.cut == 1 { "one place" } else { &format!("{} places", self.cut) };
            format!("the functions that were inlined at {places} are too many to be told")
        });
        let all: Vec<_> = self.unread.iter().cloned().chain(cut).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

impl Reading {
    /// Why that of a component is not to be read, if it is not.
    fn refusal(&self, component: Option<&str>) -> Option<String> {
        let known = self.unread.iter().find(|(of, _)| of.as_deref() == component);
        let enough = || {
            let why = format!("reading it has taken {ENOUGH:?} in all");
            (self.took >= ENOUGH).then(|| unread(None, &why))
        };
        known.map(|(_, why)| why.clone()).or_else(enough)
    }

    fn note(&mut self, component: Option<String>, fault: &Fault) {
        let why = unread(component.as_deref(), &reason(fault));
        self.unread.insert(component, why);
    }
}

/// The answers that another poly wrote to their ends.
fn understood(answers: &[u8]) -> impl Iterator<Item = Told> {
    answers.split(|byte| *byte == b'\n').map_while(|answer| serde_json::from_slice(answer).ok())
}

/// Whether it is no matter of what was read: poly's own and its surroundings' faults end it with this code.
fn is_nobodys(fault: &Fault) -> bool {
    matches!(fault, Fault::Stopped { status, .. } if status.code() == Some(2))
}

fn unread(component: Option<&str>, why: &str) -> String {
    match component {
        Some(name) => format!("the debug information of `{name}` could not be read: {why}"),
        None => format!("debug information could not be read: {why}"),
    }
}

fn reason(fault: &Fault) -> String {
    let Bounds { memory, time, .. } = BOUNDS;
    match fault {
        Fault::Time => format!("that took longer than {time:?}"),
        Fault::Memory => format!("that took more memory than {memory}"),
        Fault::Stopped { said, .. } if said.contains("has overflowed its stack") => {
            "that took more stack than there is".to_owned()
        }
        Fault::Stopped { status, .. } => format!("what read it stopped with {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Samples;

    /// Linux takes no argument of more than 131,072 bytes.
    #[test]
    fn the_longest_question_is_an_argument() {
        let last = u32::MAX as usize;
        let files = vec![(PathBuf::from("p".repeat(4096)), (last - Samples::MOST..last).collect())];
        let question = serde_json::to_string(&Question { room: ROOM, files }).unwrap();
        assert!(question.len() < 131_072, "{}", question.len());
    }

    #[test]
    fn what_took_too_long_is_not_tried_again() {
        let mut reading = Reading::default();
        assert_eq!(reading.refusal(Some("a")), None);
        reading.note(Some("a".to_owned()), &Fault::Memory);
        let why =
            "the debug information of `a` could not be read: that took more memory than 512MiB";
        assert_eq!(reading.refusal(Some("a")).as_deref(), Some(why));
        assert_eq!([reading.refusal(Some("b")), reading.refusal(None)], [None, None]);
        reading.took = ENOUGH;
        assert_eq!(reading.refusal(Some("a")).as_deref(), Some(why));
        let why = "debug information could not be read: reading it has taken 30s in all";
        assert_eq!(reading.refusal(Some("b")).as_deref(), Some(why));
    }

    #[test]
    fn all_that_is_missing_is_told() {
        let mut known = Known::default();
        assert_eq!(known.missing(), None);
        known.unread.extend([
            unread(Some("b"), "why"),
            unread(Some("a"), "it"),
            unread(None, "so"),
        ]);
        known.cut = 1;
        let told = "debug information could not be read: so; \
            the debug information of `a` could not be read: it; \
            the debug information of `b` could not be read: why; \
            the functions that were inlined at one place are too many to be told";
        assert_eq!(known.missing().as_deref(), Some(told));
    }
}

//! The other poly: reads debug information, and answers.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::build::bounded;
use crate::component::lines::{DebugInfo, Line};
use crate::component::locate::locate;
use crate::manifest::Bytes;

/// What it is asked, as JSON on its command line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Question {
    /// How many bytes of lines it may tell.
    pub(super) room: usize,
    /// Files, and bytes of each.
    pub(super) files: Vec<(PathBuf, BTreeSet<usize>)>,
}

/// What it answers for one of the bytes.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Told {
    pub(super) lines: Vec<Line>,
    /// Whether there are more.
    pub(super) cut: bool,
}

impl FromStr for Question {
    type Err = serde_json::Error;

    /// From JSON, as it is handed from one poly to another.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text)
    }
}

/// Tells the lines of each byte that is asked for, in order, takes no more than `memory`,
/// and ends with the process `parent`.
pub fn read_lines(
    question: &Question,
    memory: Bytes,
    parent: u32,
    mut tell: impl FnMut(&Told),
) -> io::Result<()> {
    bounded::bound(memory, parent)?;
    let (mut room, files) = (question.room, &question.files);
    let mut to_come: usize = files.iter().map(|(_, offsets)| offsets.len()).sum();
    for (file, offsets) in files {
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
            let lines = info.map(|info| info.at(*offset)).unwrap_or_default();
            let (told, used) = Told::within(room / to_come, lines);
            room -= used;
            to_come -= 1;
            tell(&told);
        }
    }
    Ok(())
}

impl Told {
    /// As much of the lines as goes into so many bytes, and how many it takes: the last, which is of the
    /// function that the module has, and before that the first.
    fn within(room: usize, mut lines: Vec<Line>) -> (Self, usize) {
        let (all, mut left) = (lines.len(), room);
        let mut fits = |line: &Line| {
            let size = serde_json::to_string(line).map_or(usize::MAX, |json| json.len());
            // What comes after one that is too long is left out too.
            let less = left.checked_sub(size);
            left = less.unwrap_or(0);
            less.is_some()
        };
        let outermost = lines.pop().filter(&mut fits);
        let innermost = lines.iter().take_while(|line| fits(line)).count();
        lines.truncate(innermost);
        lines.extend(outermost);
        let cut = lines.len() < all;
        (Self { lines, cut }, room - left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(function: &str) -> Line {
        Line { function: Some(function.to_owned()), file: None, line: None, column: None }
    }

    #[test]
    fn a_byte_keeps_the_function_that_it_is_of() {
        let lines = || ["inner", "between", "outer"].map(line).to_vec();
        let told = |room| {
            let (Told { lines, cut }, used) = Told::within(room, lines());
            assert!(used <= room);
            (lines.into_iter().filter_map(|line| line.function).collect::<Vec<_>>().join(" "), cut)
        };
        let size = serde_json::to_string(&line("outer")).unwrap().len();
        assert_eq!(told(4 * size), ("inner between outer".to_owned(), false));
        assert_eq!(told(3 * size), ("inner outer".to_owned(), true));
        assert_eq!(told(size), ("outer".to_owned(), true));
        assert_eq!(told(size - 1), (String::new(), true));
        assert_eq!(Told::within(0, Vec::new()), (Told { lines: Vec::new(), cut: false }, 0));
    }
}

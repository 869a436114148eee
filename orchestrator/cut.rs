//! Texts that are too long to be shown whole.

use rustc_demangle::demangle;

/// How many characters of a program's names are told: whoever wrote it made them as long as they liked.
const LONGEST: usize = 1024;

/// As much of a name as anybody reads.
pub(crate) fn name(name: &str) -> String {
    beginning(name, LONGEST).unwrap_or(name).to_owned()
}

/// The name of a function as its programmer wrote it.
pub(crate) fn function(symbol: &str) -> String {
    name(&format!("{:#}", demangle(&name(symbol))))
}

/// The first `most` characters of a text, if it has more.
pub(crate) fn beginning(text: &str, most: usize) -> Option<&str> {
    text.char_indices().nth(most).map(|(end, _)| &text[..end])
}

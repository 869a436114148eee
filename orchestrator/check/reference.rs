//! Values of earlier steps in a later call: `$name`, and parts of them, as in `$name.ok.items[1]`.
//!
//! `$` begins nothing in WAVE, so that a reference cannot be mistaken for a value. WAVE's parser
//! never sees one: before it reads a call, each is masked by a label of the same length, and known
//! again by its place.

use std::fmt;
use std::ops::Range;

/// The value of an earlier step, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name that the step gave it.
    pub name: String,
    /// The way to the part, from the outside in; empty for the whole.
    pub path: Vec<Part>,
    /// Where it stands.
    pub(super) span: Range<usize>,
}

/// One step of the way into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A field of a record, or what a case holds: `some`, `ok`, `err`, or a case of a variant.
    Name(String),
    /// An element of a tuple or a list, from 0.
    Index(usize),
}

impl Reference {
    /// The same, with only so many steps of the way.
    #[must_use]
    pub fn up_to(&self, steps: usize) -> Self {
        Self { path: self.path[..steps].to_vec(), ..self.clone() }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "${}", self.name)?;
        for part in &self.path {
            match part {
                Part::Name(name) => write!(formatter, ".{name}")?,
                Part::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// `text` with a label in the place of each reference, and the references, in order.
pub(super) fn mask(text: &str) -> (String, Vec<Reference>) {
    let mut masked = String::with_capacity(text.len());
    let mut references = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let start = masked.len();
        let reference = rest.strip_prefix('$').and_then(read);
        let length = match (&reference, first) {
            (Some((_, length)), _) => 1 + length,
            (None, '"' | '\'' | '/') => passage(rest),
            _ => first.len_utf8(),
        };
        let (passed, after) = rest.split_at(length);
        match reference {
            Some((mut reference, _)) => {
                reference.span = start..start + length;
                references.push(reference);
                masked.extend(std::iter::repeat_n('q', length));
            }
            None => masked.push_str(passed),
        }
        rest = after;
    }
    (masked, references)
}

/// The length of the text, character or comment that `rest` begins with, or of its first
/// character if it begins with none.
fn passage(rest: &str) -> usize {
    let up_to = |found: Option<usize>, end: &str| found.map_or(rest.len(), |at| at + end.len());
    if let Some(text) = rest.strip_prefix("\"\"\"") {
        return up_to(text.find("\"\"\"").map(|at| at + 3), "\"\"\"");
    }
    if rest.starts_with("//") {
        return up_to(rest.find('\n'), "\n");
    }
    let quote = rest.as_bytes()[0];
    if quote == b'/' {
        return 1;
    }
    let mut escaped = false;
    let ends = |(_, byte): &(usize, u8)| {
        let ends = *byte == quote && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    };
    up_to(rest.bytes().enumerate().skip(1).find(ends).map(|(at, _)| at), "\"")
}

/// The reference whose name `text` begins with, and its length; none if that is no name.
fn read(text: &str) -> Option<(Reference, usize)> {
    let (name, mut rest) = word(text)?;
    let mut path = Vec::new();
    loop {
        if let Some((part, after)) = rest.strip_prefix('.').and_then(word) {
            path.push(Part::Name(part.to_owned()));
            rest = after;
        } else if let Some((index, after)) = rest.strip_prefix('.').and_then(number) {
            path.push(Part::Index(index));
            rest = after;
        } else if let Some((index, after)) = rest.strip_prefix('[').and_then(number)
            && let Some(after) = after.strip_prefix(']')
        {
            path.push(Part::Index(index));
            rest = after;
        } else {
            let reference = Reference { name: name.to_owned(), path, span: 0..0 };
            return Some((reference, text.len() - rest.len()));
        }
    }
}

/// The word that `text` begins with, and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let end = text.find(|letter| !fits(letter)).unwrap_or(text.len());
    text.starts_with(|first: char| first.is_ascii_alphabetic()).then(|| text.split_at(end))
}

/// The number that `text` begins with, and what follows it.
fn number(text: &str) -> Option<(usize, &str)> {
    let end = text.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> (String, Vec<String>) {
        let (masked, references) = mask(text);
        assert_eq!(masked.len(), text.len());
        for reference in &references {
            assert!(masked[reference.span.clone()].chars().all(|letter| letter == 'q'));
        }
        (masked, references.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn references_are_masked_by_labels_of_their_length() {
        assert_eq!(masked("($c, 1)"), ("(qq, 1)".into(), vec!["$c".into()]));
        let (text, found) = masked("([$a, $b-2.ok.items[1]], some($pair.0.x))");
        assert_eq!(text, "([qq, qqqqqqqqqqqqqqqq], some(qqqqqqqqq))");
        assert_eq!(found, ["$a", "$b-2.ok.items[1]", "$pair[0].x"]);
    }

    #[test]
    fn texts_characters_and_comments_keep_their_dollars() {
        for text in [
            "(\"$c\")",
            "('$', '\\'', \"\\\"$c\")",
            "(\"\"\"\n $c \"$c\"\n\"\"\")",
            "(1 // $c\n)",
            "(\"open $c",
            "(\"\\\\\", \"$c\")",
        ] {
            assert_eq!(masked(text), (text.to_owned(), Vec::new()));
        }
        assert_eq!(masked("('\"', $c, '\"')").1, ["$c"]);
        assert_eq!(masked("(\"\\\\\", $c)").1, ["$c"]);
    }

    #[test]
    fn a_dollar_without_a_name_is_left_for_the_parser_to_refuse() {
        for text in ["($)", "($1)", "($ c)", "($ä)"] {
            assert_eq!(masked(text), (text.to_owned(), Vec::new()));
        }
    }
}

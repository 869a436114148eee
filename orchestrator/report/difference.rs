//! What was expected above what was seen, and of long ones only where they differ.
//!
//! Values are narrowed to the parts that differ, each with its path. Of one line, what is around
//! the difference is shown, and `^` below it, so that it is readable without colour. Of texts of
//! several lines, the lines that differ are shown: `-` was expected, `+` is there.

use similar::{ChangeTag, TextDiff};
use wasm_wave::untyped::UntypedValue;

use super::tail::visible;
use crate::check::narrow;

/// A value that is no longer is shown whole.
const SHORT: usize = 72;
/// How much is shown on either side of a difference, and how much of one.
const AROUND: usize = 24;
const WITHIN: usize = 48;
/// How many places and lines are shown.
const PLACES: usize = 5;
const LINES: usize = 20;
const WIDTH: usize = 200;

/// Which of the two a piece is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Expected,
    Got,
}

/// Paints the pieces that differ, if there is colour.
pub(super) type Paint<'p> = &'p dyn Fn(Side, &str) -> String;

/// Two values in WAVE, or what is in place of one. `title` says what they are of.
pub(super) fn values(title: &str, expected: &str, got: &str, paint: Paint<'_>) -> Vec<String> {
    let is_short = |text: &str| text.chars().count() <= SHORT && !text.contains('\n');
    if is_short(expected) && is_short(got) {
        return pair(title.to_owned(), expected, got, paint);
    }
    let places = narrow(expected, got);
    let mut lines = Vec::new();
    for place in places.iter().take(PLACES) {
        let title = match place.path.as_str() {
            "" => title.to_owned(),
            path => format!("{title} at {path}"),
        };
        match (text_of(&place.expected), text_of(&place.got)) {
            (Some(expected), Some(got)) if has_lines(&expected) || has_lines(&got) => {
                lines.extend(texts(&title, &expected, &got, paint));
            }
            _ => lines.extend(pair(title, &place.expected, &place.got, paint)),
        }
    }
    if places.len() > PLACES {
        lines.push(format!("and at {} more places", places.len() - PLACES));
    }
    lines
}

/// Two sentences, which say nothing in part.
pub(super) fn sentences(title: &str, expected: &str, got: &str, paint: Paint<'_>) -> Vec<String> {
    let cut = |text: &str| visible(text).chars().take(WIDTH).collect::<String>();
    let expected = format!("  expected  {}", paint(Side::Expected, &cut(expected)));
    vec![title.to_owned(), expected, format!("  got       {}", paint(Side::Got, &cut(got)))]
}

/// Two texts, such as what was written to standard output.
pub(super) fn texts(title: &str, expected: &str, got: &str, paint: Paint<'_>) -> Vec<String> {
    if has_lines(expected) || has_lines(got) || expected.ends_with('\n') != got.ends_with('\n') {
        return by_line(title, expected, got, paint);
    }
    pair(title.to_owned(), expected.trim_end_matches('\n'), got.trim_end_matches('\n'), paint)
}

fn has_lines(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
}

/// What a string in WAVE says.
fn text_of(value: &str) -> Option<String> {
    let value = UntypedValue::parse(value).ok()?;
    let text = value.node().as_str(value.source()).ok()?;
    Some(text.into_owned())
}

/// One line above another, with what is between them marked.
fn pair(title: String, expected: &str, got: &str, paint: Paint<'_>) -> Vec<String> {
    let [one, other] = [expected, got].map(|text| visible(text).chars().collect::<Vec<char>>());
    let shorter = one.len().min(other.len());
    let before = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let ends = one.iter().rev().zip(other.iter().rev()).take(shorter - before);
    let after = ends.take_while(|(one, other)| one == other).count();
    let is_long = one.len().max(other.len()) > SHORT;
    let from = if is_long { before.saturating_sub(AROUND) } else { 0 };
    let cut = |text: &[char], side| {
        let differs = before..text.len() - after;
        let (end, to) = if is_long {
            let end = differs.end.min(before + WITHIN);
            (end, if end < differs.end { end } else { text.len().min(end + AROUND) })
        } else {
            (differs.end, text.len())
        };
        let piece = |range: std::ops::Range<usize>| text[range].iter().collect::<String>();
        let differing = piece(before..end);
        let painted = if differing.is_empty() { differing } else { paint(side, &differing) };
        let (left, right) =
            (if from > 0 { "…" } else { "" }, if to < text.len() { "…" } else { "" });
        let line = format!("{left}{}{painted}{}{right}", piece(from..before), piece(end..to));
        (line, left.chars().count() + before - from, end - before)
    };
    let (expected, ..) = cut(&one, Side::Expected);
    let (got, start, width) = cut(&other, Side::Got);
    let title = if is_long { format!("{title}, character {}", before + 1) } else { title };
    let mut lines = vec![title, format!("  expected  {expected}"), format!("  got       {got}")];
    // Where most differs, there is nothing to point at.
    if shorter > 8 && (before + after) * 2 >= shorter {
        lines.push(format!("            {}{}", " ".repeat(start), "^".repeat(width.max(1))));
    }
    lines
}

/// The lines that differ, each with one around it.
fn by_line(title: &str, expected: &str, got: &str, paint: Paint<'_>) -> Vec<String> {
    let difference = TextDiff::from_lines(expected, got);
    let mut lines = Vec::new();
    let mut first = None;
    for group in difference.grouped_ops(1) {
        if !lines.is_empty() {
            lines.push("    …".to_owned());
        }
        for change in group.iter().flat_map(|operation| difference.iter_changes(operation)) {
            let line = change.value().trim_end_matches('\n');
            let mut text: String = visible(line).chars().take(WIDTH).collect();
            if change.missing_newline() {
                text += " (no line feed at its end)";
            }
            if change.tag() != ChangeTag::Equal {
                first = first.or(change.new_index().or(change.old_index()));
            }
            lines.push(match change.tag() {
                ChangeTag::Equal => format!("    {text}"),
                ChangeTag::Delete => format!("  {}", paint(Side::Expected, &format!("- {text}"))),
                ChangeTag::Insert => format!("  {}", paint(Side::Got, &format!("+ {text}"))),
            });
        }
    }
    let left_out = lines.len().saturating_sub(LINES);
    lines.truncate(LINES);
    if left_out > 0 {
        lines.push(format!("  and {left_out} more lines"));
    }
    let line = first.map_or(1, |index| index + 1);
    lines.insert(0, format!("{title}, line {line} (- expected, + got)"));
    lines
}

#[cfg(test)]
#[allow(clippy::needless_raw_string_hashes, reason = "snapbox writes its snapshots so")]
mod tests {
    use snapbox::{assert_data_eq, str};

    use super::*;

    fn plain(_: Side, text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn short_values_stand_above_each_other() {
        let lines = values("result", "ok(\"Stored 26 bytes\")", "ok(\"Stored 27 bytes\")", &plain);
        assert_data_eq!(
            lines.join("\n"),
            str![[r#"
result
  expected  ok("Stored 26 bytes")
  got       ok("Stored 27 bytes")
                        ^
"#]]
        );
        let missing = values("result", "[1, 2, 3, 4]", "[1, 2, 4]", &plain);
        assert_eq!(missing[3], "                   ^");
        assert_eq!(
            values("result", "43", "42", &plain),
            ["result", "  expected  43", "  got       42"]
        );
    }

    #[test]
    fn of_long_values_only_what_differs_is_shown_with_its_path() {
        let value = |name: &str, note: &str| {
            let padding = "x".repeat(200);
            format!(
                "ok({{items: [{{name: \"a\"}}, {{name: \"{name}\"}}], note: \"{padding}{note}{padding}\"}})"
            )
        };
        let lines = values("result", &value("b", "this"), &value("c", "that"), &plain);
        assert_data_eq!(
            lines.join("\n"),
            str![[r#"
result at ok.items[1].name
  expected  "b"
  got       "c"
result at ok.note, character 204
  expected  …xxxxxxxxxxxxxxxxxxxxxxthisxxxxxxxxxxxxxxxxxxxxxxxx…
  got       …xxxxxxxxxxxxxxxxxxxxxxthatxxxxxxxxxxxxxxxxxxxxxxxx…
                                     ^^
"#]]
        );
        let numbers = |add: u32| {
            let numbers: Vec<_> = (0..100).map(|number| (number + add).to_string()).collect();
            format!("[{}]", numbers.join(", "))
        };
        let lines = values("result", &numbers(0), &numbers(1), &plain);
        assert_eq!(lines.last().unwrap(), "and at 95 more places");
        let huge = values("result", "\"\"", &format!("\"{}\"", "x".repeat(1 << 20)), &plain);
        assert!(huge.iter().all(|line| line.len() < 200), "{huge:?}");
    }

    #[test]
    fn of_texts_the_lines_that_differ_are_shown() {
        let lines =
            texts("standard output", "one\ntwo\nthree\nfour\n", "one\ntwo\ndrei\nfour", &plain);
        assert_data_eq!(
            lines.join("\n"),
            str![[r#"
standard output, line 3 (- expected, + got)
    two
  - three
  - four
  + drei
  + four (no line feed at its end)
"#]]
        );
        let one = texts("standard output", "hello world\n", "hello wurld\n", &plain);
        assert_eq!(one[1..3], ["  expected  hello world", "  got       hello wurld"]);
        let text = |word: &str| format!("\"{}\\n{word}\\nend\"", "long ".repeat(20));
        let inside = values("result", &text("one"), &text("two"), &plain);
        assert_eq!(inside[0], "result, line 2 (- expected, + got)");
        let flood = texts("x", "", &"y\n".repeat(1000), &plain);
        assert_eq!((flood.len(), flood.last().unwrap().as_str()), (22, "  and 980 more lines"));
    }

    #[test]
    fn what_differs_is_painted() {
        let paint = |side, text: &str| format!("<{side:?} {text}>");
        let lines = values("result", "\"spam, eggs\"", "\"spam, legs\"", &paint);
        assert_eq!(lines[1], "  expected  \"spam, <Expected eg>gs\"");
        assert_eq!(lines[2], "  got       \"spam, <Got le>gs\"");
        assert_eq!(values("x", "\"\u{1b}[2J\"", "1", &plain)[1], "  expected  \"\\u{1b}[2J\"");
    }
}

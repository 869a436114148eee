//! A short piece of a text, around the place that a message is about.
//!
//! An argument may be a megabyte long; a diagnostic that quotes its whole line helps nobody.

use std::ops::Range;

/// How many bytes are kept on each side of the place.
const AROUND: usize = 60;

/// Cuts `text` down to what is around `place`, and moves `place` along.
///
/// What was cut shows as `…`. An empty place, and one beyond the text, becomes the character
/// next to it: nothing can be pointed at in nothing.
pub(super) fn excerpt(text: &str, place: Range<usize>) -> (String, Range<usize>) {
    let last = text.floor_char_boundary(text.len().saturating_sub(1));
    let start = text.floor_char_boundary(place.start.min(last));
    let after_start = text.ceil_char_boundary((start + 1).min(text.len()));
    // A long argument is shown by its beginning: that is enough to find it.
    let shown = place.end.min(start + AROUND).clamp(after_start, text.len());
    let end = text.ceil_char_boundary(shown);
    let from = text.floor_char_boundary(start.saturating_sub(AROUND));
    let to = text.ceil_char_boundary((end + AROUND).min(text.len()));
    let before = if from > 0 { "…" } else { "" };
    let after = if to < text.len() { "…" } else { "" };
    let moved = start - from + before.len();
    let place = moved..moved + (end - start);
    (format!("{before}{}{after}", &text[from..to]), place)
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn a_short_text_is_left_as_it_is() {
        let (text, place) = excerpt("run(12, x)", 8..9);
        assert_eq!((text.as_str(), &text[place]), ("run(12, x)", "x"));
    }

    #[test]
    fn a_long_text_is_cut_around_the_place() {
        let long = format!("run(\"{}\", oops, \"{}\")", "ä".repeat(5000), "b".repeat(5000));
        let at = long.find("oops").unwrap();
        let (text, place) = excerpt(&long, at..at + 4);
        assert_eq!(&text[place], "oops");
        assert!(text.starts_with('…') && text.ends_with('…') && text.len() < 300);
    }

    #[test]
    fn a_long_place_is_shown_by_its_beginning() {
        let long = format!("run(\"{}\")", "b".repeat(5000));
        let (text, place) = excerpt(&long, 4..5006);
        assert!(text[place].starts_with("\"bbb"));
        assert!(text.len() < 300);
    }

    #[test]
    fn an_empty_place_is_the_character_next_to_it() {
        for place in [9..12, 4..4] {
            let (text, place) = excerpt("run(", place);
            assert_eq!((text.as_str(), &text[place]), ("run(", "("));
        }
        let (text, place) = excerpt("aä", 3..3);
        assert_eq!(&text[place], "ä");
        assert_eq!(excerpt("", 0..0), (String::new(), 0..0));
    }
}

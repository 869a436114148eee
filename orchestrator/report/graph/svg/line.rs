//! Lines of text: how they look, how wide they are, and where they are broken.

/// A line of text, and the class of its look.
pub(super) struct Line {
    pub(super) class: &'static str,
    pub(super) text: String,
}

impl Line {
    pub(super) fn new(class: &'static str, text: impl Into<String>) -> Self {
        Self { class, text: text.into() }
    }

    /// Pixels from this line to the next.
    pub(super) fn height(&self) -> f64 {
        match self.class {
            "title" => 24.0,
            "name" => 19.0,
            _ => 16.0,
        }
    }

    /// How wide it is at most, in pixels.
    pub(super) fn width(&self) -> f64 {
        let letter = letter(self.class);
        // Letters of East Asia are as wide as two others.
        self.text.chars().map(|it| if it < '\u{1100}' { letter } else { letter * 1.8 }).sum()
    }
}

/// How wide a letter of this class is in the widest of the usual fonts, taken over a word.
fn letter(class: &str) -> f64 {
    match class {
        "title" => 16.0 * 0.64,
        "name" => 14.0 * 0.64,
        "code" => 12.0 * 0.62,
        _ => 12.0 * 0.57,
    }
}

/// A text in lines that are no wider than `width` pixels.
pub(super) fn fitted(class: &'static str, text: &str, width: f64) -> Vec<Line> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is small and positive"
    )]
    let limit = (width / letter(class)).max(10.0) as usize;
    wrapped(class, text, limit)
}

/// A text in lines of at most `limit` letters, broken where names have a joint.
pub(super) fn wrapped(class: &'static str, text: &str, limit: usize) -> Vec<Line> {
    let mut lines = vec![String::new()];
    for mut piece in pieces(text) {
        loop {
            let line = lines.last_mut().expect("there is a line");
            let (has, more) = (line.chars().count(), piece.trim_end().chars().count());
            if has + more <= limit {
                line.push_str(piece);
                break;
            }
            if has > 0 {
                lines.push(String::new());
                continue;
            }
            // A piece that is longer than a line is cut.
            let (end, _) = piece.char_indices().nth(limit).expect("it is longer");
            line.push_str(&piece[..end]);
            piece = &piece[end..];
        }
    }
    lines.iter().map(|line| Line::new(class, line.trim_end())).collect()
}

/// The pieces between which a text may be broken. A version is one.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        let joint = match letter {
            ' ' | '/' | ':' | '-' | ',' | '_' => true,
            '.' => next.is_some_and(|next| !next.is_ascii_digit()),
            _ => next == Some('@'),
        };
        if joint {
            let end = at + letter.len_utf8() - (text.len() - rest.len());
            let (piece, after) = rest.split_at(end);
            pieces.push(piece);
            rest = after;
        }
    }
    pieces.push(rest);
    pieces
}

/// Text as XML has it.
pub(in crate::report) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            // XML has no way to write most of them.
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            _ if character.is_control() => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, limit: usize) -> Vec<String> {
        wrapped("code", text, limit).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn what_xml_cannot_write_is_a_space() {
        assert_eq!(escaped("a\0b\u{85}c\u{fffe}d\u{ffff}e\u{fffd}&\n"), "a b c d e\u{fffd}&amp;\n");
    }

    #[test]
    fn names_are_broken_at_their_joints_and_versions_are_not() {
        assert_eq!(lines("a:b/c-d@0.2.3", 30), ["a:b/c-d@0.2.3"]);
        assert_eq!(
            lines("wasi:clocks/wall-clock@0.2.12", 24),
            ["wasi:clocks/wall-clock", "@0.2.12"]
        );
        assert_eq!(lines("wasi:clocks/wall-clock", 12), ["wasi:clocks/", "wall-clock"]);
        assert_eq!(lines("items.add", 7), ["items.", "add"]);
        assert_eq!(lines("unbreakable", 4), ["unbr", "eaka", "ble"]);
        assert_eq!(lines("two words", 4), ["two", "word", "s"]);
        assert_eq!(lines("größer@ñ", 6), ["größer", "@ñ"]);
        assert_eq!(lines("", 4), [""]);
    }
}

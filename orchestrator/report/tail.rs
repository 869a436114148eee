//! The end of a text that somebody else wrote, for people to read.

use crate::cut::beginning;

/// The last lines of a text, which say most of why something failed; long ones cut short.
pub(super) fn tail(text: &str) -> Vec<String> {
    const LINES: usize = 20;
    const WIDTH: usize = 200;
    let all: Vec<&str> = text.lines().collect();
    let left_out = all.len().saturating_sub(LINES);
    let note = (left_out > 0).then(|| format!("({left_out} lines before these)"));
    let shown = all[left_out..].iter().map(|line| match beginning(line, WIDTH) {
        Some(beginning) => format!("{}…", visible(beginning)),
        None => visible(line),
    });
    note.into_iter().chain(shown).collect()
}

/// Text in which no character moves the cursor, paints the terminal or turns the direction of others.
pub(super) fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for character in text.chars() {
        let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if turns || (character.is_control() && character != '\t') {
            visible.extend(character.escape_default());
        } else {
            visible.push(character);
        }
    }
    visible
}

#[cfg(test)]
mod tests {
    use super::tail;

    #[test]
    fn a_flood_is_told_by_its_end() {
        assert_eq!(tail("one\ntwo"), ["one", "two"]);
        let many: Vec<String> = (1..=100).map(|number| number.to_string()).collect();
        let told = tail(&many.join("\n"));
        assert_eq!(told.len(), 21);
        assert_eq!((told[0].as_str(), told[20].as_str()), ("(80 lines before these)", "100"));
        assert_eq!(tail("\u{1b}[2Jgone\0"), ["\\u{1b}[2Jgone\\u{0}"]);
        assert_eq!(tail("\u{202e}evil"), ["\\u{202e}evil"]);
        let long = tail(&"ä".repeat(100_000));
        assert_eq!(long, [format!("{}…", "ä".repeat(200))]);
    }
}

//! Other values in a manifest's text, with all else left as it is: comments, layout, the order of
//! keys, and the kind of quotes where the new value can stand between them.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Another text for a value of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// The check's number in the manifest, from 0.
    pub check: usize,
    /// The step's number in that check, from 0; none for a key of the check itself.
    pub step: Option<usize>,
    /// The key.
    pub key: &'static str,
    /// What it is to be.
    pub value: String,
}

/// The manifest's `text` with these values in place of those that stand there; none if one does not
/// stand there.
pub fn rewrite(text: &str, rewrites: &[Rewrite]) -> Option<String> {
    let document = DeTable::parse(text).ok()?;
    let mut places = Vec::new();
    for rewrite in rewrites {
        places.push((place(document.get_ref(), rewrite)?, rewrite.value.as_str()));
    }
    // From the end, so that places before are still where they were.
    places.sort_by_key(|(place, _)| place.start);
    let mut rewritten = text.to_owned();
    for (place, value) in places.into_iter().rev() {
        let quoted = quoted(value, text.get(place.clone())?);
        rewritten.replace_range(place, &quoted);
    }
    Some(rewritten)
}

fn place(document: &DeTable<'_>, rewrite: &Rewrite) -> Option<Range<usize>> {
    let mut table = item(document.get("check")?, rewrite.check)?;
    if let Some(step) = rewrite.step {
        table = item(table.get("steps")?, step)?;
    }
    let value = table.get(rewrite.key)?;
    matches!(value.get_ref(), DeValue::String(_)).then(|| value.span())
}

fn item<'d>(array: &'d Spanned<DeValue<'d>>, index: usize) -> Option<&'d DeTable<'d>> {
    let DeValue::Array(items) = array.get_ref() else { return None };
    let DeValue::Table(table) = items.get(index)?.get_ref() else { return None };
    Some(table)
}

/// A string in TOML, between quotes like those of `old` if it can be.
fn quoted(value: &str, old: &str) -> String {
    let is_plain = !value.chars().any(|c| c.is_control() && c != '\t');
    match old.as_bytes() {
        // Also `'''` and `"""`, of which nothing is left on one line.
        [b'\'', ..] if is_plain && !value.contains('\'') => format!("'{value}'"),
        [b'"', ..] if is_plain && !value.contains(['"', '\\']) => format!("\"{value}\""),
        _ => toml::Value::from(value).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[pipeline]\nname = 'p' # ours\n\n[[check]]   # the first\ncall = 'f()'\n\
        returns =   '42'   # for ever\n\n[[check]]\ncall = 'g()'\nstdout = \"\"\"\none\ntwo\n\"\"\"\nreturns = \"ok\"\n\
        [[check]]\nsteps = [\n    { call = 'a()', returns = '1' }, # one\n    { call = 'b()' },\n]\n";

    fn to(check: usize, step: Option<usize>, key: &'static str, value: &str) -> Rewrite {
        Rewrite { check, step, key, value: value.to_owned() }
    }

    #[test]
    fn only_the_values_change() {
        let rewrites = [
            to(2, Some(0), "returns", "\"it's\""),
            to(0, None, "returns", "ok(\"43\")"),
            to(1, None, "returns", "err"),
        ];
        let rewritten = rewrite(TEXT, &rewrites).unwrap();
        let expected = TEXT
            .replace("'42'", "'ok(\"43\")'")
            .replace("returns = \"ok\"", "returns = \"err\"")
            .replace("returns = '1'", "returns = \"\"\"\"it's\"\"\"\"");
        assert_eq!(rewritten, expected);
    }

    #[test]
    fn every_text_comes_back() {
        let texts =
            ["", "a\nb\n", "'", "\"", "'''\"\"\"", "\\", "\u{1b}[0m\r\n", "\nx", "ä\t\u{7f}"];
        for value in texts {
            for (check, key) in [(0, "returns"), (1, "stdout"), (1, "returns")] {
                let rewritten = rewrite(TEXT, &[to(check, None, key, value)]).unwrap();
                let parsed: toml::Table = rewritten.parse().unwrap();
                assert_eq!(parsed["check"][check][key].as_str(), Some(value), "{rewritten}");
            }
        }
    }

    #[test]
    fn what_does_not_stand_there_is_not_rewritten() {
        for wrong in [
            to(0, None, "stdout", ""),
            to(3, None, "returns", ""),
            to(0, Some(0), "returns", ""),
            to(2, Some(1), "returns", ""),
        ] {
            assert_eq!(rewrite(TEXT, &[wrong]), None);
        }
    }
}

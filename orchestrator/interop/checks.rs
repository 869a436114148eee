//! A difference as text: checks for the manifest, and values that people can read.

use std::fmt::Write as _;

use wasm_wave::value::Value;
use wasm_wave::wasm::WasmValue as _;

use super::shape::{bytes, text};
use super::{Answer, Difference, Function};
use crate::cut::beginning;

/// How much of a value stands in a comment, in characters.
const SHOWN: usize = 100;

/// What implementations were compared under, as far as their checks repeat it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conditions<'a> {
    /// What stands before a function's name in a call.
    pub interface: Option<&'a str>,
    /// By how much floats may differ.
    pub approx: Option<f64>,
    /// What the implementations were granted, as an inline table of TOML; none where a check has the
    /// same without a word.
    pub grants: Option<&'a str>,
}

/// The difference as `[[check]]`s: one for each component that answers otherwise than most do, or
/// than the first one does where there is no most; in an echo, otherwise than the argument is. A
/// difference that takes a NaN which no text can say is a comment.
///
/// `names` are the implementations'.
pub fn checks(
    difference: &Difference,
    functions: &[Function],
    names: &[&str],
    conditions: &Conditions<'_>,
) -> String {
    let Difference { groups, answers, .. } = difference;
    let right = right(groups, names.len());
    let members = |group: usize| (0..names.len()).filter(move |place| groups[*place] == group);
    let who: Vec<_> = members(right).map(|place| format!("`{}`", names[place])).collect();
    let says = match who.len() {
        // In an echo nobody needs to agree.
        _ if groups.len() > names.len() => "the argument is as here".to_owned(),
        1 => format!("{} answers as here", who[0]),
        _ => format!("{} answer as here", who.join(", ")),
    };
    let (_, last) = difference.last();
    let prefix = conditions.interface.map(|interface| format!("{interface}.")).unwrap_or_default();
    let steps: Vec<_> = difference
        .calls
        .iter()
        .zip(answers)
        .map(|(call, answers)| {
            let call = literal(&format!("{prefix}{}", call.text(functions)));
            let mut lines = vec![format!("call = {call}")];
            lines.extend(expected(&answers[right], conditions.approx));
            lines
        })
        .collect();
    let mut out = String::new();
    if let Some(nan) = difference.nan() {
        let calls = difference.calls.iter().map(|call| one_line(&call.text(functions)));
        let answers =
            names.iter().zip(last).map(|(name, it)| format!("`{name}` answered {}", shown(it)));
        let (calls, answers) = (join(calls, ", then "), join(answers, ", "));
        return format!(
            "\n# `{calls}` where `nan` is {nan}: {answers}.\n\
             # No check can say it: in WAVE, as in the component model, there is one NaN.\n"
        );
    }
    for (place, name) in names.iter().enumerate().filter(|(place, _)| groups[*place] != right) {
        let got = shown(&last[place]);
        let _ = writeln!(out, "\n# {says}; `{name}` answered {got}.\n[[check]]");
        let _ = writeln!(out, "component = \"{name}\"");
        if let [lines] = &steps[..] {
            for line in lines {
                out.extend([line.as_str(), "\n"]);
            }
        } else {
            out.push_str("steps = [\n");
            for lines in &steps {
                let _ = writeln!(out, "    {{ {} }},", lines.join(", "));
            }
            out.push_str("]\n");
        }
        if let Some(grants) = conditions.grants {
            let _ = writeln!(out, "grants = {grants}");
        }
    }
    out
}

/// The group whose answer is taken for the right one.
fn right(groups: &[usize], names: usize) -> usize {
    if let Some(argument) = groups.get(names) {
        return *argument;
    }
    let size = |group: usize| groups.iter().filter(|it| **it == group).count();
    let largest = groups.iter().copied().max_by_key(|group| (size(*group), usize::MAX - group));
    largest.unwrap_or_default()
}

/// What a check says of an answer, but for a return without a value, of which it says nothing.
fn expected(answer: &Answer, approx: Option<f64>) -> Vec<String> {
    match answer {
        Answer::Returned(None) => Vec::new(),
        Answer::Returned(Some(value)) => {
            let near = approx.map(|approx| format!("approx = {approx:?}"));
            let value = format!("returns = {}", literal(&text(value)));
            std::iter::once(value).chain(near).collect()
        }
        // Any trap: the message is one language's own.
        Answer::Trapped(_) => vec!["traps = \"\"".to_owned()],
        Answer::Exceeded(limit) => vec![format!("exceeds = \"{}\"", limit.name())],
    }
}

fn join(parts: impl Iterator<Item = String>, by: &str) -> String {
    parts.collect::<Vec<_>>().join(by)
}

/// An answer on one line, as a comment must be, and short.
fn shown(answer: &Answer) -> String {
    one_line(&answer.to_string())
}

fn one_line(text: &str) -> String {
    let whole = text.replace(char::is_control, " ");
    match beginning(&whole, SHOWN) {
        Some(beginning) => format!("{beginning}…"),
        None => whole,
    }
}

/// A value that is a list of bytes as the text that they are, if they are one.
pub fn readable(value: &Value) -> Option<String> {
    let bytes = bytes(value)?;
    let is_text = |text: &String| !text.chars().any(|it| it.is_control() && it != '\n');
    let as_text = String::from_utf8(bytes).ok().filter(is_text)?;
    Some(text(&Value::make_string(as_text.into())))
}

/// A text as TOML has it: literal where it can be.
fn literal(text: &str) -> String {
    let plain = !text.contains('\'') && !text.chars().any(char::is_control);
    if plain { format!("'{text}'") } else { toml::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use wasm_wave::value::Type;

    use super::super::Invocation;
    use super::*;
    use crate::check::Nan;
    use crate::manifest::Limit;

    fn function() -> Vec<Function> {
        let of = || Type::STRING;
        vec![Function { name: "f".into(), parameters: vec![of()], result: Some(of()) }]
    }

    fn returned(text: &str) -> Answer {
        Answer::Returned(Some(Value::make_string(text.into())))
    }

    fn difference(calls: &[&str], answers: Vec<Vec<Answer>>, groups: &[usize]) -> Difference {
        let call = |text: &&str| Invocation {
            function: 0,
            arguments: vec![Value::make_string((*text).into())],
            nan: Nan::Canonical,
        };
        let calls = calls.iter().map(call).collect();
        Difference { calls, answers, groups: groups.to_vec(), times: 1, tries: 0 }
    }

    #[test]
    fn whoever_is_alone_gets_a_check_that_fails() {
        let answers = vec![vec![returned("a"), returned("b"), returned("b")]];
        let difference = difference(&["ß"], answers, &[0, 1, 1]);
        let in_t = Conditions { interface: Some("t"), ..Conditions::default() };
        let text = checks(&difference, &function(), &["go", "rust", "python"], &in_t);
        assert_eq!(
            text,
            r#"
# `rust`, `python` answer as here; `go` answered "a".
[[check]]
component = "go"
call = 't.f("ß")'
returns = '"b"'
"#
        );
    }

    #[test]
    fn several_calls_are_steps_and_without_a_most_the_first_is_right() {
        let answers = vec![
            vec![returned("a"), returned("a")],
            vec![Answer::Trapped("unreachable".into()), Answer::Exceeded(Limit::Fuel)],
        ];
        let difference = difference(&["it's", ""], answers, &[0, 1]);
        let text = checks(&difference, &function(), &["one", "other"], &Conditions::default());
        assert_eq!(
            text,
            r#"
# `one` answers as here; `other` answered stopped: over the limit `fuel`.
[[check]]
component = "other"
steps = [
    { call = '''f("it\'s")''', returns = '"a"' },
    { call = 'f("")', traps = "" },
]
"#
        );
        let parsed: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(parsed["check"][0]["steps"][0]["call"].as_str(), Some(r#"f("it\'s")"#));
    }

    #[test]
    fn what_they_were_compared_under_holds_for_the_checks() {
        let conditions = Conditions {
            interface: None,
            approx: Some(1e-9),
            grants: Some("{ env = { A = \"b\" } }"),
        };
        let one = difference(&["x"], vec![vec![returned("a"), returned("b")]], &[0, 1]);
        assert_eq!(
            checks(&one, &function(), &["one", "other"], &conditions),
            r#"
# `one` answers as here; `other` answered "b".
[[check]]
component = "other"
call = 'f("x")'
returns = '"a"'
approx = 1e-9
grants = { env = { A = "b" } }
"#
        );
        let answers = vec![
            vec![returned("a"), returned("a")],
            vec![Answer::Trapped(String::new()), returned("b")],
        ];
        let several = difference(&["x", "y"], answers, &[0, 1]);
        assert_eq!(
            checks(&several, &function(), &["one", "other"], &conditions),
            r#"
# `one` answers as here; `other` answered "b".
[[check]]
component = "other"
steps = [
    { call = 'f("x")', returns = '"a"', approx = 1e-9 },
    { call = 'f("y")', traps = "" },
]
grants = { env = { A = "b" } }
"#
        );
    }

    #[test]
    fn a_message_of_several_lines_stays_within_its_comment() {
        let message = "panicked at lib.rs:1\r\nno such thing\n[[check]]\u{1b}[31m".to_owned();
        let answers = vec![vec![returned("a"), Answer::Trapped(message)]];
        let text = checks(
            &difference(&["x"], answers, &[0, 1]),
            &function(),
            &["one", "other"],
            &Conditions::default(),
        );
        let parsed: toml::Table = toml::from_str(&text).unwrap_or_else(|no| panic!("{no}\n{text}"));
        assert_eq!(parsed["check"].as_array().unwrap().len(), 1, "{text}");
        assert!(text.contains("answered a trap: panicked at lib.rs:1  no such thing [[check]]"));
    }

    #[test]
    fn in_an_echo_the_argument_is_right_whoever_agrees() {
        let answers = vec![vec![returned("x"), returned("x"), returned("a")]];
        let difference = difference(&["a"], answers, &[0, 0, 2]);
        let text = checks(&difference, &function(), &["one", "other"], &Conditions::default());
        assert_eq!(text.matches("# the argument is as here; ").count(), 2);
        assert_eq!(text.matches("returns = '\"a\"'").count(), 2);
    }

    #[test]
    fn bytes_are_shown_as_text_where_they_are_one() {
        let of = Type::list(Type::U8);
        let shown = |text: &[u8]| readable(&super::super::shape::of_bytes(&of, text));
        assert_eq!(shown("ß".as_bytes()), Some("\"ß\"".to_owned()));
        assert_eq!(shown(b"\xff"), None);
        assert_eq!(shown(b"a\0"), None);
        assert_eq!(readable(&Value::make_u8(97)), None);
    }

    #[test]
    fn what_takes_another_nan_is_no_check() {
        let of = || Type::F32;
        let functions = [Function { name: "f".into(), parameters: vec![of()], result: None }];
        let argument = Value::make_f32(f32::NAN);
        let call = Invocation { function: 0, arguments: vec![argument], nan: Nan::Negative };
        let answers = vec![vec![returned("a"), returned("b")]];
        let difference =
            Difference { calls: vec![call], answers, groups: vec![0, 1], times: 1, tries: 0 };
        let conditions = Conditions::default();
        assert_eq!(
            checks(&difference, &functions, &["one", "other"], &conditions),
            r#"
# `f(nan)` where `nan` is a negative NaN: `one` answered "a", `other` answered "b".
# No check can say it: in WAVE, as in the component model, there is one NaN.
"#
        );
    }
}

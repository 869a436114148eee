//! A difference between implementations, side by side.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::human;
use super::stopped::stopped;
use crate::check::Trap;
use crate::interop::{Answer, Difference, Function, readable};

/// How long a value is shown, in characters; where they differ is within it.
const SHOWN: usize = 240;

/// A difference as people and machines are told of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Differing {
    /// The table of the manifest.
    pub interop: String,
    /// The function of the last call, whose answers differ.
    pub function: String,
    /// The calls, in order, on one instance of each implementation.
    pub calls: Vec<String>,
    /// What each `nan` in them is, where it is not the one that this text means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nan: Option<String>,
    /// The arguments of the last call as text, where they are bytes that are one.
    pub readable: Vec<String>,
    /// What each implementation answered to the last call.
    pub answers: Vec<Answered>,
    /// How many calls differed in this way.
    pub times: usize,
    /// How many smaller sequences were tried.
    pub tries: usize,
    /// The same as checks for the manifest.
    pub checks: String,
}

/// What one implementation answered.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answered {
    /// The implementation.
    pub by: String,
    /// Its answer: a value in WAVE, or why there is none.
    pub answer: String,
    /// The value as text, if it is bytes that are one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readable: Option<String>,
    /// The first implementation that gave the same answer.
    pub like: String,
    /// Where it stopped, if it did.
    #[serde(flatten)]
    pub seen: Option<Seen>,
}

/// What can be seen of a trap.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Seen {
    /// Why and where it stopped.
    pub trap: Trap,
    /// How to see more of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// How implementations of one interface compare.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Compared {
    /// The table of the manifest.
    pub interop: String,
    /// The implementations.
    pub components: Vec<String>,
    /// The functions that were called.
    pub functions: Vec<String>,
    /// What all values followed from.
    pub seed: u64,
    /// How many calls were compared.
    pub calls: usize,
    /// How many differences there are.
    pub differences: usize,
    /// Wall-clock time.
    pub milliseconds: u64,
}

impl Differing {
    /// A difference between implementations called `names`; a name of the argument is among them if
    /// it was held against. `seen` is what there is to see of the traps of each.
    pub fn new(
        interop: &str,
        difference: &Difference,
        functions: &[Function],
        names: &[&str],
        mut seen: Vec<Option<Seen>>,
        checks: String,
    ) -> Self {
        let (last, answers) = difference.last();
        let like = |place: usize| names[difference.groups[place]].to_owned();
        let answers = answers.iter().enumerate().map(|(place, answer)| Answered {
            by: names[place].to_owned(),
            answer: answer.to_string(),
            readable: match answer {
                Answer::Returned(Some(value)) => readable(value),
                _ => None,
            },
            like: like(place),
            seen: seen.get_mut(place).and_then(Option::take),
        });
        Self {
            interop: interop.to_owned(),
            function: functions[last.function].name.clone(),
            calls: difference.texts(functions),
            nan: difference.nan().map(|nan| nan.to_string()),
            readable: last.arguments.iter().filter_map(readable).collect(),
            answers: answers.collect(),
            times: difference.times,
            tries: difference.tries,
            checks,
        }
    }
}

impl Seen {
    fn lines(&self, all: bool) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some((title, frames)) = stopped(&self.trap, all) {
            lines.push(title);
            lines.extend(frames.into_iter().map(|frame| format!("  {frame}")));
        }
        lines.extend(self.help.as_ref().map(|help| format!("help: {help}")));
        lines
    }
}

/// The difference in lines, the first of which says what was called; with `all`, every function that
/// was running where one stopped.
pub(super) fn text(differing: &Differing, all: bool) -> String {
    let calls: Vec<_> = differing.calls.iter().map(|call| cut(call, 0)).collect();
    let mut text = format!("{}: {}", differing.interop, calls.join("\n  then "));
    if !differing.readable.is_empty() {
        let _ = write!(text, "   {}", differing.readable.join(", "));
    }
    if let Some(nan) = &differing.nan {
        let _ = write!(text, "   where `nan` is {nan}, which no text can say");
    }
    let width = differing.answers.iter().map(|it| it.by.chars().count()).max().unwrap_or(0);
    let answers: Vec<&str> = differing.answers.iter().map(|it| it.answer.as_str()).collect();
    let from = first_difference(&answers);
    for answered in &differing.answers {
        let Answered { by, answer, readable, .. } = answered;
        let readable = readable.as_ref().map(|it| format!("   {it}")).unwrap_or_default();
        let _ = write!(text, "\n  {by:width$}  {}{readable}", cut(answer, from));
        for line in answered.seen.iter().flat_map(|seen| seen.lines(all)) {
            let _ = write!(text, "\n  {:width$}    {line}", "");
        }
    }
    let calls = if differing.times == 1 { "call differs" } else { "calls differ" };
    let tried = if differing.tries == 1 { "try" } else { "tries" };
    let Differing { times, tries, .. } = differing;
    let _ = write!(text, "\n{times} {calls} so; the smallest was found in {tries} {tried}");
    text
}

/// What was compared, and what came of it.
pub(super) fn summary(compared: &Compared) -> String {
    let Compared { interop, components, functions, seed, calls, differences, milliseconds } =
        compared;
    let functions = match functions.len() {
        1 => "1 function".to_owned(),
        number => format!("{number} functions"),
    };
    let differences = match differences {
        0 => "no difference".to_owned(),
        1 => "1 difference".to_owned(),
        number => format!("{number} differences"),
    };
    format!(
        "{interop}: {calls} calls of {functions} in {}: {differences}; seed {seed}; {}",
        components.join(", "),
        human::time(Duration::from_millis(*milliseconds))
    )
}

/// How many characters all answers begin with.
fn first_difference(answers: &[&str]) -> usize {
    let Some((first, others)) = answers.split_first() else { return 0 };
    let common = |other: &&str| {
        first.chars().zip(other.chars()).take_while(|(one, other)| one == other).count()
    };
    // Of those that differ: equal ones have all in common.
    others.iter().filter(|other| *other != first).map(common).min().unwrap_or(0)
}

/// A text cut short, with what stands at `place` in it.
fn cut(text: &str, place: usize) -> String {
    let length = text.chars().count();
    if length <= SHOWN {
        return text.to_owned();
    }
    let start = place.saturating_sub(SHOWN / 4).min(length - SHOWN);
    let shown: String = text.chars().skip(start).take(SHOWN).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if start + SHOWN < length { "…" } else { "" };
    format!("{before}{shown}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differing(answers: &[(&str, &str)]) -> Differing {
        let answered = |(by, answer): &(&str, &str)| Answered {
            by: (*by).to_owned(),
            answer: (*answer).to_owned(),
            readable: None,
            like: String::new(),
            seen: None,
        };
        Differing {
            interop: "stack".into(),
            function: "pop".into(),
            calls: vec!["push(1)".into(), "pop()".into()],
            nan: None,
            readable: Vec::new(),
            answers: answers.iter().map(answered).collect(),
            times: 1,
            tries: 12,
            checks: String::new(),
        }
    }

    #[test]
    fn answers_stand_below_each_other() {
        assert_eq!(
            text(&differing(&[("rust", "some(1)"), ("python", "none")]), false),
            "\
stack: push(1)
  then pop()
  rust    some(1)
  python  none
1 call differs so; the smallest was found in 12 tries"
        );
    }

    #[test]
    fn of_long_answers_the_place_is_shown_where_they_differ() {
        let long = |end: &str| format!("{}{end}{}", "a".repeat(1000), "b".repeat(1000));
        let (one, other) = (long("x"), long("y"));
        let text = text(&differing(&[("one", &one), ("two", &one), ("three", &other)]), false);
        for line in text.lines().skip(2).take(3) {
            assert!(line.chars().count() < 300, "{line}");
            assert!(line.contains("ax") || line.contains("ay"), "{line}");
        }
    }
}

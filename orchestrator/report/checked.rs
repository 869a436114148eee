//! What came of one check, and what there is to say of a failure.

use std::time::Duration;

use serde::Serialize;

use super::difference::{Paint, sentences, texts, values};
use super::stopped::stopped;
use super::tail::{tail, visible};
use crate::check::{Difference, Ending, Outcome, Refusal, Subject, Trap};
use crate::cut::beginning;
use crate::manifest::Check;

/// How much of a call is shown.
const WIDTH: usize = 100;

/// What came of one check.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// What people call it.
    pub name: String,
    /// The component that was called by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The call; of several steps, the one that failed, or the last.
    pub call: String,
    /// Which of several steps failed, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// Where the manifest has the check.
    pub place: CheckPlace,
    /// Whether all was as expected.
    pub passed: bool,
    /// What was not.
    pub differences: Vec<Difference>,
    /// Why it could not be judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Wall-clock time.
    pub milliseconds: u64,
    /// The fuel it used, where it was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Where it stopped, if the check failed with a trap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trap: Option<Trap>,
    /// Whether it was stopped, by a trap or by a limit.
    #[serde(skip)]
    pub is_stopped: bool,
    /// What it tried to use and was not granted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusal>,
    /// What it wrote to standard output, if the check failed and that is granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
    /// What it wrote to standard error, if the check failed and that is granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stderr: Option<String>,
    /// How to see more of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// Where a manifest has a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckPlace {
    /// The manifest.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

impl Checked {
    /// What `differences` (none, if all was as expected) and the outcomes of its calls say of a
    /// check. The last call is the one that the differences are about, or what came `after` all.
    pub fn new(
        check: &Check,
        place: CheckPlace,
        differences: Vec<Difference>,
        outcomes: &[Outcome],
        after: Option<&Outcome>,
    ) -> Self {
        let passed = differences.is_empty();
        let last = after.or(outcomes.last());
        let trap = match last.map(|last| &last.ending) {
            Some(Ending::Trapped(trap)) if !passed => Some(trap.clone()),
            _ => None,
        };
        let call = check.texts().nth(outcomes.len().saturating_sub(1));
        let elapsed: Duration = outcomes.iter().map(|outcome| outcome.elapsed).sum();
        Self {
            name: check.title().into_owned(),
            component: check.component.as_ref().map(|name| name.get_ref().clone()),
            call: call.map_or_else(String::new, |call| call.get_ref().clone()),
            step: (check.steps.is_some() && !passed && after.is_none()).then_some(outcomes.len()),
            place,
            passed,
            differences,
            error: None,
            milliseconds: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            fuel: outcomes.iter().map(|outcome| outcome.fuel).sum(),
            trap,
            is_stopped: last.is_some_and(|last| !last.is_return()),
            refusals: outcomes.iter().chain(after).flat_map(|it| it.refusals.clone()).collect(),
            stdout: None,
            stderr: None,
            help: None,
        }
    }

    /// A check that was not made to its end, or could not be judged, and why.
    pub fn unjudged(check: &Check, place: CheckPlace, error: String) -> Self {
        let checked = Self::new(check, place, Vec::new(), &[], None);
        Self { passed: false, error: Some(error), fuel: None, ..checked }
    }

    /// The same, with what the call wrote, should the check have failed: for those who have not
    /// told it yet.
    #[must_use]
    pub fn with_streams(mut self, outcome: &Outcome) -> Self {
        if !self.passed {
            self.stdout.clone_from(&outcome.stdout);
            self.stderr.clone_from(&outcome.stderr);
        }
        self
    }

    /// The same, with advice, should the check have failed.
    #[must_use]
    pub fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help.filter(|_| !self.passed);
        self
    }

    /// What it is called in a line.
    pub(super) fn title(&self) -> String {
        let name = short(&visible(&self.name));
        match &self.component {
            Some(component) => format!("{component} by itself: {name}"),
            None => name,
        }
    }

    /// The first thing that was otherwise, in one line.
    pub(super) fn message(&self) -> String {
        if let Some(error) = &self.error {
            return short(&visible(error));
        }
        let Some(difference) = self.differences.first() else { return String::new() };
        let Difference { expected, got, .. } = difference;
        let [expected, got] = [expected, got].map(|text| short(&visible(text)));
        format!("{}: expected {expected}, got {got}", difference.title())
    }

    /// All that there is to say of a failure, line by line; with `all`, every function that was
    /// running.
    pub(super) fn failure(&self, all: bool, paint: Paint<'_>) -> Vec<String> {
        let step = self.step.map(|step| format!("step {step}: {}", short(&visible(&self.call))));
        let mut lines: Vec<String> = step.into_iter().collect();
        lines.extend(self.error.as_deref().map(visible));
        for difference in &self.differences {
            let title = difference.title();
            let Difference { subject, expected, got, .. } = difference;
            lines.extend(match subject {
                Subject::Ending => values(&title, expected, got, paint),
                Subject::Fuel | Subject::Time => sentences(&title, expected, got, paint),
                Subject::Refusals | Subject::Stdout | Subject::Stderr | Subject::File(_) => {
                    texts(&title, expected, got, paint)
                }
            });
        }
        let below = |lines: Vec<String>| lines.into_iter().map(|line| format!("  {line}"));
        if let Some((title, frames)) = self.trap.as_ref().and_then(|trap| stopped(trap, all)) {
            lines.push(title);
            lines.extend(below(frames));
        }
        if !self.refusals.is_empty() {
            lines.push("it was refused".to_owned());
            let refusals = self.refusals.iter().map(|refusal| visible(&refusal.to_string()));
            lines.extend(below(refusals.collect()));
        }
        let streams = [(Subject::Stdout, &self.stdout), (Subject::Stderr, &self.stderr)];
        for (stream, text) in streams {
            // What a check compares is told already, as a difference.
            let compared = self.differences.iter().any(|difference| difference.subject == stream);
            let text = text.as_deref().unwrap_or("").trim_matches('\n').trim_end();
            if !compared && !text.is_empty() {
                lines.push(stream.title());
                lines.extend(below(tail(text)));
            }
        }
        lines.extend(self.help.as_ref().map(|help| format!("help: {help}")));
        lines
    }
}

/// A line without an end as long as a book.
fn short(line: &str) -> String {
    beginning(line, WIDTH).map_or_else(|| line.to_owned(), |beginning| format!("{beginning}…"))
}

impl Difference {
    /// What it is titled.
    fn title(&self) -> String {
        let title = self.subject.title();
        match self.approx {
            Some(part) => format!("{title} (floats within {part})"),
            None => title,
        }
    }
}

impl Subject {
    /// What a difference is titled.
    fn title(&self) -> String {
        match self {
            Self::Ending => "result".to_owned(),
            Self::Refusals => "refused".to_owned(),
            Self::Stdout => "standard output".to_owned(),
            Self::Stderr => "standard error".to_owned(),
            Self::File(path) => format!("file {}", visible(path)),
            Self::Fuel => "fuel".to_owned(),
            Self::Time => "time".to_owned(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::needless_raw_string_hashes, reason = "snapbox writes its snapshots so")]
pub(super) mod tests {
    use snapbox::{assert_data_eq, str};

    use super::*;
    use crate::check::{Frame, Place};

    pub(in super::super) fn passed(call: &str) -> Checked {
        Checked {
            name: call.to_owned(),
            component: None,
            call: call.to_owned(),
            step: None,
            place: CheckPlace { file: "pipeline.toml".to_owned(), line: 7, column: 1 },
            passed: true,
            differences: Vec::new(),
            error: None,
            milliseconds: 12,
            fuel: None,
            trap: None,
            is_stopped: false,
            refusals: Vec::new(),
            stdout: None,
            stderr: None,
            help: None,
        }
    }

    pub(in super::super) fn failed(call: &str, expected: &str, got: &str) -> Checked {
        let differences = vec![Difference::new(Subject::Ending, expected, got)];
        Checked { passed: false, differences, ..passed(call) }
    }

    pub(in super::super) fn trapped(call: &str) -> Checked {
        let place = Place {
            file: "worker/src/lib.rs".to_owned(),
            line: Some(3),
            column: Some(9),
            own: true,
            text: Some("    panic!()".to_owned()),
        };
        let frame = Frame {
            component: Some("worker".to_owned()),
            module: None,
            function: Some("worker::answer".to_owned()),
            place: Some(place),
            code: None,
        };
        Checked {
            trap: Some(Trap {
                message: "unreachable".to_owned(),
                frames: vec![frame],
                unread: None,
            }),
            is_stopped: true,
            stderr: Some("it is <full>\u{1b}[2J\0\u{ffff}\n".to_owned()),
            ..failed(call, "43", "a trap: unreachable")
        }
    }

    #[test]
    fn values_that_may_be_near_are_narrowed_like_others() {
        let (expected, got) = (["1.5"; 40].join(", "), ["1.5"; 39].join(", "));
        let mut checked = failed(
            "f()",
            &format!("{{a: [{expected}], b: 2}}"),
            &format!("{{a: [{got}, 9], b: 2}}"),
        );
        checked.differences[0].approx = Some(1e-3);
        assert_data_eq!(
            checked.failure(false, &|_, text| text.to_owned()).join("\n"),
            str![[r#"
result (floats within 0.001) at a[39]
  expected  1.5
  got       9
"#]]
        );
    }

    #[test]
    fn bounds_are_told_whole() {
        let call = "demo:calculator/calculator@1.0.0.calculate(add, 1.5, 2)";
        let expected = format!("at most 1.5 times that of {call}");
        let differences = vec![Difference::new(Subject::Time, expected, "2.00 times that")];
        let checked = Checked { passed: false, differences, ..passed(call) };
        assert_data_eq!(
            checked.failure(false, &|_, text| text.to_owned()).join("\n"),
            str![[r#"
time
  expected  at most 1.5 times that of demo:calculator/calculator@1.0.0.calculate(add, 1.5, 2)
  got       2.00 times that
"#]]
        );
    }

    #[test]
    fn a_failure_says_all_that_is_known() {
        let refusal = Refusal {
            function: "wasi:http/outgoing-handler.handle".to_owned(),
            wanted: Some("http://evil.com:80".to_owned()),
            grant: "http = [\"http://evil.com\"]".to_owned(),
            times: 3,
        };
        let help = Some("look elsewhere".to_owned());
        let checked = Checked { refusals: vec![refusal], help, ..trapped("answer()") };
        assert_data_eq!(
            checked.failure(false, &|_, text| text.to_owned()).join("\n"),
            str![[r#"
result
  expected  43
  got       a trap: unreachable
it stopped in worker
  worker::answer, worker/src/lib.rs:3:9
       3 | panic!()
it was refused
  the component used `wasi:http/outgoing-handler.handle` for `http://evil.com:80` 3 times, which is not granted; it would be by `http = ["http://evil.com"]`
standard error
  it is <full>/u{1b}[2J/u{0}￿
help: look elsewhere
"#]]
        );
    }
}

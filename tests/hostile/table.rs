//! What became of every attempt, as tables in docs/sandbox.md.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::sync::Mutex;

use poly::check::Ending;

use super::attempts::Attempt;
use super::ground::Guest;
use crate::place::repository;

const DOCUMENT: &str = "docs/sandbox.md";
const END: &str = "<!-- until here -->\n";

/// Holds the table of attempts against the document.
pub(super) fn hold(endings: &[(Guest, &[(Attempt, Ending)])]) {
    hold_text("hostile.rs", &write(endings));
}

/// Holds a table that some file of tests writes against the document; or rewrites that, if
/// `SNAPSHOTS` says so.
pub(super) fn hold_text(file: &str, table: &str) {
    // There are several tables, and one document.
    static ONE_BY_ONE: Mutex<()> = Mutex::new(());
    let _held = ONE_BY_ONE.lock();
    let path = repository().join(DOCUMENT);
    let document = fs::read_to_string(&path).unwrap();
    let begin = format!("<!-- written by tests/{file} -->\n");
    let (before, rest) = document.split_once(&begin).expect("it has a mark");
    let (said, after) = rest.split_once(END).expect("it has another mark");
    if env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        fs::write(&path, format!("{before}{begin}{table}{END}{after}")).unwrap();
    } else {
        snapbox::assert_data_eq!(table, said.to_owned());
    }
}

fn write(endings: &[(Guest, &[(Attempt, Ending)])]) -> String {
    let of = |guest| {
        let found = endings.iter().find(|(of, _)| *of == guest);
        found.expect("all guests are here").1
    };
    let mut table = String::from("\n| attempt | Rust | Go |\n|---|---|---|\n");
    for (rust, go) in of(Guest::Rust).iter().zip(of(Guest::Go)) {
        let (attempt, ending) = rust;
        let _ = writeln!(table, "| {} | {} | {} |", name(attempt), cell(ending), cell(&go.1));
    }
    table.push_str("\n| attempt, as text | |\n|---|---|\n");
    for (attempt, ending) in of(Guest::Text) {
        let _ = writeln!(table, "| {} | {} |", name(attempt), cell(ending));
    }
    table.push('\n');
    table
}

/// The call without what differs from one run to the next.
fn name(attempt: &Attempt) -> String {
    let call = attempt.call.split('(').next().unwrap_or_default();
    format!("`{call}`")
}

pub(super) fn cell(ending: &Ending) -> String {
    match ending {
        Ending::Returned(_) => {
            let told = ending.to_string();
            let told = told.strip_prefix("err(\"").and_then(|told| told.strip_suffix("\")"));
            match told {
                // Poly, which checks it a second time, finds the same.
                Some(told) if told.parse::<u64>().is_ok() => {
                    "told: the same number in every run".to_owned()
                }
                Some(told) => format!("told: {told}"),
                None => "**got through**".to_owned(),
            }
        }
        Ending::Exceeded(limit) => format!("stopped: `{}`", limit.name()),
        // Some messages have numbers in them that nobody needs. The host entered by the outermost
        // function.
        Ending::Trapped(trap) => {
            let message = trap.message.lines().next().unwrap_or_default();
            let entered = trap.frames.last().and_then(|frame| frame.function.as_deref());
            let within = entered.map(|function| format!(", in `{function}`")).unwrap_or_default();
            format!("trap: {message}{within}")
        }
    }
}

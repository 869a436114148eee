//! Tells a person or a machine what happens. Nothing else prints.
//!
//! Status goes to standard error, data to standard output, so that `poly run > file` holds
//! the result and nothing else. With `--json` all of it is data: one object a line.

mod checked;
mod console;
mod difference;
mod failure;
pub mod graph;
pub(crate) mod human;
mod interop;
mod json;
mod junit;
pub mod samples;
mod service;
mod stopped;
mod tail;
pub(crate) mod tree;
mod verified;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::OnceLock;

use serde::Serialize;

use crate::build::{Event, Verified};
use crate::check::{Crossings, Outcome};
use crate::cli::{Color, Global};
pub use checked::{CheckPlace, Checked};
use console::Console;
pub use interop::{Compared, Differing, Seen};
pub use junit::junit;
use service::Service;
pub(crate) use stopped::stopped;

/// Where everything that poly says goes.
pub enum Report {
    /// For people.
    Console(Console),
    /// For machines.
    Json,
}

/// How a build ended.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The pipeline.
    pub pipeline: String,
    /// How many actions there were.
    pub actions: usize,
    /// How many of them had work to do.
    pub ran: usize,
    /// The composed file.
    pub composed: String,
    /// Its size in bytes.
    pub size: u64,
    /// Wall-clock time.
    pub milliseconds: u64,
}

/// Where a call was seen, and what tells it.
#[derive(Debug, Clone, Serialize)]
pub struct Profiled {
    /// The call.
    pub call: String,
    /// How often it was made.
    pub calls: u64,
    /// How often it was looked where it is.
    pub samples: usize,
    /// Wall-clock time of all calls.
    pub milliseconds: u64,
    /// The file that the Firefox profiler opens.
    pub profile: String,
    /// The flame graph.
    pub flame: String,
}

impl Report {
    /// As the command line asks for.
    pub fn new(global: &Global) -> Self {
        if global.json {
            return Self::Json;
        }
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                io::stderr().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
            }
        };
        let progress =
            io::stderr().is_terminal() && !global.quiet && std::env::var_os("CI").is_none();
        let look = console::Look {
            color,
            quiet: global.quiet,
            verbose: global.verbose,
            progress,
            service: Service::of(|name| std::env::var_os(name).is_some_and(|on| on == "true")),
        };
        let workspace = std::env::var_os("GITHUB_WORKSPACE").map(PathBuf::from);
        Self::Console(Console::new(look, workspace.and_then(|path| path.canonicalize().ok())))
    }

    /// Something happened during a build.
    pub fn event(&self, event: &Event) {
        match self {
            Self::Console(console) => console.event(event),
            Self::Json => json::event(event),
        }
    }

    /// A build ended well.
    pub fn summary(&self, summary: &Summary) {
        match self {
            Self::Console(console) => console.summary(summary),
            Self::Json => json::line("built", summary),
        }
    }

    /// What came of building twice.
    pub fn verified(&self, verified: &Verified) {
        match self {
            Self::Console(console) => console.verified(verified),
            Self::Json => {
                for compared in &verified.compared {
                    json::line("compared", compared);
                }
                json::line("verified", &verified::data(verified));
            }
        }
    }

    /// What a call returned, as WAVE; nothing where the function has no result.
    pub fn returned(&self, call: &str, value: Option<&str>, outcome: &Outcome) {
        match self {
            Self::Console(_) => data(value.unwrap_or("")),
            Self::Json => json::returned(call, value, outcome),
        }
    }

    /// The fuel that a call used, where it was counted and nothing else tells it.
    pub fn used(&self, outcome: &Outcome) {
        if let (Self::Console(console), Some(fuel)) = (self, outcome.fuel) {
            console.used(fuel, outcome.elapsed);
        }
    }

    /// What a guest wrote to a granted stream.
    pub fn guest_output(&self, stream: GuestStream, bytes: &[u8]) {
        match self {
            Self::Console(console) => console.guest_output(stream, bytes),
            Self::Json => json::guest_output(stream, bytes),
        }
    }

    /// Something was done that is worth a line: a verb in the past, and what it was done to.
    pub fn done(&self, verb: &str, what: &str) {
        match self {
            Self::Console(console) => console.done(verb, what),
            Self::Json => json::line(verb, &serde_json::json!({ "what": what })),
        }
    }

    /// What went from one part to another during a call.
    pub fn crossings(&self, crossings: &Crossings) {
        match self {
            Self::Console(console) => console.crossings(crossings),
            Self::Json => {
                for crossing in &crossings.made {
                    json::line("crossing", crossing);
                }
            }
        }
        if crossings.made.is_empty() {
            self.note("no component called another");
        }
        if crossings.left_out > 0 {
            self.note(&format!("{} more calls are not told", crossings.left_out));
        }
    }

    /// A call was profiled.
    pub fn profiled(&self, profiled: &Profiled) {
        match self {
            Self::Console(console) => console.profiled(profiled),
            Self::Json => json::line("profiled", profiled),
        }
    }

    /// What came of a check.
    pub fn checked(&self, checked: &Checked) {
        match self {
            Self::Console(console) => console.checked(checked),
            Self::Json => json::line("checked", checked),
        }
    }

    /// What came of all checks.
    pub fn all_checked(&self, all: &[Checked]) {
        match self {
            Self::Console(console) => console.all_checked(all),
            Self::Json => json::all_checked(all),
        }
    }

    /// Implementations that answer otherwise; the checks that show it are data.
    pub fn differing(&self, differing: &Differing) {
        match self {
            Self::Console(console) => {
                console.differing(differing);
                data(differing.checks.trim_end());
            }
            Self::Json => json::line("difference", differing),
        }
    }

    /// How implementations compare.
    pub fn compared(&self, compared: &Compared) {
        match self {
            Self::Console(console) => console.compared(compared),
            Self::Json => json::line("interop", compared),
        }
    }

    /// What a command was asked for: text for people, the same as data for machines.
    pub fn answer(&self, kind: &str, value: &impl Serialize, text: &str) {
        match self {
            Self::Console(_) => data(text.trim_end_matches('\n')),
            Self::Json => json::line(kind, value),
        }
    }

    /// Something that is wrong, or else worth knowing, and what to do about it.
    pub fn finding(&self, wrong: bool, value: &impl Serialize, text: &str, help: &str) {
        match self {
            Self::Console(console) => console.finding(wrong, text, help),
            Self::Json => json::line("finding", value),
        }
    }

    /// Something that a person should know and that stops nothing.
    pub fn note(&self, text: &str) {
        match self {
            Self::Console(console) => console.note(text),
            Self::Json => json::note(text),
        }
    }

    /// Says whether all data reached standard output, and if not, tells on standard error: data
    /// that is lost in silence is taken for whole. Called once, at the end.
    pub fn is_all_written(&self) -> bool {
        output(|out| out.flush());
        let Some(error) = FAILED.get() else { return true };
        let _ = writeln!(io::stderr(), "error: cannot write to standard output: {error}");
        false
    }

    /// Why it ends here.
    pub fn error(&self, error: &dyn miette::Diagnostic) {
        match self {
            Self::Console(console) => console.error(error),
            Self::Json => json::error(error),
        }
    }
}

/// A stream that a guest writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuestStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// The first write to standard output that failed. There is one standard output, and so one of
/// these.
static FAILED: OnceLock<io::Error> = OnceLock::new();

/// Data for standard output.
fn data(text: &str) {
    output(|out| writeln!(out, "{text}"));
}

/// Writes to standard output, and remembers if that fails. A reader that went away
/// (`poly run | head -1`) is no failure: it had enough.
fn output(write: impl FnOnce(&mut io::StdoutLock<'_>) -> io::Result<()>) {
    if let Err(error) = write(&mut io::stdout().lock())
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        // A later failure tells nothing more.
        let _ = FAILED.set(error);
    }
}

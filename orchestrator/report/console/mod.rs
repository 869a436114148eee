//! What people see: one line for each thing done, readable without colour, and on a terminal
//! a bar with what is under way.
//!
//! Here is how it is written; `building` has what a build tells, `checking` what came of checks and
//! comparisons.

mod building;
mod checking;

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use miette::Diagnostic;

use super::service::Service;
use super::{GuestStream, Profiled, failure, human};
use crate::check::{CameBack, Crossing, Crossings};

/// The width of the verb at a line's beginning.
const VERB: usize = 12;

/// How it looks.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Look {
    pub(super) color: bool,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
    pub(super) progress: bool,
    pub(super) service: Option<Service>,
}

/// Writes to standard error.
pub struct Console {
    look: Look,
    /// The repository's directory, where a service says it.
    workspace: Option<PathBuf>,
    bar: Option<ProgressBar>,
    running: Mutex<BTreeSet<String>>,
    /// How many actions there are.
    actions: AtomicUsize,
    /// Whether the last thing written was folded.
    folded: AtomicBool,
}

/// What a verb says of what it is about.
#[derive(Clone, Copy)]
enum Tone {
    Good,
    Quiet,
    Bad,
}

impl Console {
    pub(super) fn new(look: Look, workspace: Option<PathBuf>) -> Self {
        let bar = look.progress.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {bar:16} {pos}/{len} {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar
        });
        Self {
            look,
            workspace,
            bar,
            running: Mutex::default(),
            actions: AtomicUsize::new(0),
            folded: AtomicBool::new(false),
        }
    }

    pub(super) fn guest_output(&self, stream: GuestStream, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        match stream {
            GuestStream::Stdout => {
                // Standard output is the guest's own, to the byte; both are one log to a service.
                let around = self.look.service.and_then(|service| service.around(&text));
                if let Some([before, _]) = &around {
                    self.write(before);
                }
                super::output(|out| out.write_all(bytes).and_then(|()| out.flush()));
                if let Some([_, after]) = &around {
                    self.write(&format!("\n{after}"));
                }
            }
            GuestStream::Stderr => self.print(text.trim_end()),
        }
    }

    pub(super) fn done(&self, verb: &str, what: &str) {
        self.line(Tone::Good, verb, what);
    }

    pub(super) fn used(&self, fuel: u64, elapsed: Duration) {
        self.line(Tone::Quiet, "used", &human::spent(elapsed, Some(fuel)));
    }

    /// Asked for, and so told where people asked for quiet too.
    pub(super) fn crossings(&self, crossings: &Crossings) {
        for Crossing { depth, consumer, provider, function, arguments, returned } in &crossings.made
        {
            let (indent, arguments) = ("  ".repeat(*depth), arguments.join(", "));
            let call = format!("{indent}{consumer} → {provider}/{function}({arguments})");
            let Some(CameBack { value, elapsed, fuel }) = returned else {
                let call = format!("{call} did not come back");
                self.print(&self.verb(Tone::Bad, "call", &call));
                continue;
            };
            let value = value.as_ref().map(|value| format!(" = {value}")).unwrap_or_default();
            let line = format!("{call}{value}  {}", human::spent(*elapsed, *fuel));
            self.print(&self.verb(Tone::Quiet, "call", &line));
        }
    }

    pub(super) fn profiled(&self, profiled: &Profiled) {
        let Profiled { call, calls, samples, milliseconds, profile, flame } = profiled;
        let took = human::time(Duration::from_millis(*milliseconds));
        let what = format!("{call}, {samples} samples of {calls} calls in {took}");
        let files = format!("{profile} (open it at https://profiler.firefox.com) and {flame}");
        self.line(Tone::Good, "profiled", &format!("{what}\n{:VERB$} {files}", ""));
    }

    pub(super) fn finding(&self, wrong: bool, text: &str, help: &str) {
        let (tone, verb) = if wrong { (Tone::Bad, "error") } else { (Tone::Quiet, "warning") };
        let text = text.replace('\n', &format!("\n{:VERB$} ", ""));
        self.print(&self.verb(tone, verb, &format!("{text}\n{:VERB$} help: {help}", "")));
    }

    pub(super) fn note(&self, text: &str) {
        self.print(&self.verb(Tone::Bad, "warning", text));
    }

    pub(super) fn error(&self, error: &dyn Diagnostic) {
        self.clear();
        self.print(&failure::text(error, &self.paint(Tone::Bad, "error:"), self.look.color));
    }

    fn line(&self, tone: Tone, verb: &str, text: &str) {
        if !self.look.quiet {
            self.print(&self.verb(tone, verb, text));
        }
    }

    fn verb(&self, tone: Tone, verb: &str, text: &str) -> String {
        // Padded before it is painted: colour codes have no width.
        format!("{} {}", self.paint(tone, &format!("{verb:>VERB$}")), text.trim_end())
    }

    fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "1;32",
            Tone::Quiet => "1;34",
            Tone::Bad => "1;31",
        };
        if self.look.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Prints text of which parts may be anybody's.
    fn print(&self, text: &str) {
        let Some(service) = self.look.service else { return self.write(text) };
        if self.folded.swap(false, Ordering::Relaxed)
            && let Some(end) = service.after_folded()
        {
            self.write(end);
        }
        self.write(&service.harmless(text));
    }

    fn write(&self, text: &str) {
        // In one piece: it is not buffered.
        let line = format!("{text}\n");
        let write = || {
            let _ = io::stderr().write_all(line.as_bytes());
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

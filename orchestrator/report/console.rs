//! What people see: one line for each thing done, readable without colour, and on a terminal
//! a bar with what is under way.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use super::difference::Side;
use super::service::{Annotation, Service};
use super::{
    CheckPlace, Checked, Compared, Differing, GuestStream, Profiled, Summary, human, interop,
    verified,
};
use crate::build::{Event, Verdict, Verified};
use crate::check::{CameBack, Crossing, Crossings};
use crate::plan::{Action, Reason};

/// The width of the verb at a line's beginning.
const VERB: usize = 12;

/// Where there are more actions, those that were cached are only counted.
const FEW: usize = 200;

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

    pub(super) fn event(&self, event: &Event) {
        match event {
            Event::Round { number, about } => {
                self.line(Tone::Quiet, "build", &format!("{number} of 2: {about}"));
            }
            Event::Begun { actions } => {
                self.actions.store(*actions, Ordering::Relaxed);
                if let Some(bar) = &self.bar {
                    bar.set_length(*actions as u64);
                }
            }
            Event::Installing { tool, version, way } => {
                let what = format!("{tool} {version} ({way})");
                self.under_way(&what, true);
                self.line(Tone::Quiet, "installing", &what);
            }
            Event::Installed { tool, version, elapsed } => {
                self.finished_with(&format!("{tool} "));
                let what = format!("{tool} {version}");
                self.line(Tone::Good, "installed", &columns(&what, "", *elapsed, None));
            }
            Event::InstallFailed { tool, way, said } => {
                // One line: which of the ways works at last is what counts.
                let reason = said.lines().last().unwrap_or("it said nothing");
                let what = format!("{tool} is not to be had by `{way}`: {}", reason.trim());
                self.line(Tone::Quiet, "note", &what);
            }
            Event::Started { action, because, .. } => {
                self.under_way(&action.to_string(), true);
                self.started(action, because);
            }
            Event::Output { component, step, text, elapsed } => {
                self.output(component, step, text, *elapsed);
            }
            Event::Retried { component, retry, retries, failure } => {
                let why = failure.lines().next().unwrap_or_default();
                let what = format!("{component} ({retry} of {retries}): {why}");
                self.line(Tone::Bad, "retrying", &what);
            }
            Event::Finished { action, by, cached, elapsed, size, .. } => {
                if let Some(bar) = &self.bar {
                    bar.inc(1);
                }
                self.under_way(&action.to_string(), false);
                self.finished(action, by, *cached, *elapsed, *size);
            }
            Event::Failed { action } => {
                self.under_way(&action.to_string(), false);
                self.line(Tone::Bad, "failed", &action.to_string());
            }
            Event::Warning { text } => self.note(text),
        }
    }

    /// Says why something is done again. What follows from another action is told to those who
    /// want to know all.
    fn started(&self, action: &Action, because: &[Reason]) {
        let told = self.look.verbose || matches!(action, Action::Build(_));
        let Some((first, others)) = because.split_first().filter(|_| told) else { return };
        if *first == Reason::NeverBuilt {
            return;
        }
        let others = match others.len() {
            0 => String::new(),
            number => format!(" (and {number} more: `poly why`)"),
        };
        let what = action.component().unwrap_or("");
        self.line(Tone::Quiet, present(action), format!("{what:20} {first}{others}").trim_start());
    }

    fn finished(&self, action: &Action, by: &str, cached: bool, elapsed: Duration, size: u64) {
        let what = action.component().unwrap_or("");
        match (cached, action) {
            (false, _) => {
                let line = columns(what, by, elapsed, Some(size));
                self.line(Tone::Good, past(action), &line);
            }
            (true, Action::Build(_)) if self.tells_each() => {
                self.line(Tone::Quiet, "cached", &format!("{what:20} {by}"));
            }
            // What is cached is counted at the end, and what follows from it is as cached.
            (true, _) => {}
        }
    }

    /// Whether a line for each component that was cached is no flood.
    fn tells_each(&self) -> bool {
        self.look.verbose || self.actions.load(Ordering::Relaxed) <= FEW
    }

    pub(super) fn summary(&self, summary: &Summary) {
        self.clear();
        let took = human::time(Duration::from_millis(summary.milliseconds));
        let counted = match summary.ran {
            0 => format!("all {} actions were cached", summary.actions),
            ran => format!("{ran} of {} actions ran", summary.actions),
        };
        let what =
            format!("{} ({}); {counted}; {took}", summary.composed, human::size(summary.size));
        self.line(Tone::Good, "ready", &what);
    }

    /// Each artifact, and where it differs: a failure is told even where people asked for quiet.
    pub(super) fn verified(&self, verified: &Verified) {
        self.clear();
        for compared in &verified.compared {
            let text = verified::text(compared).replace('\n', &format!("\n{:VERB$} ", ""));
            match &compared.verdict {
                Verdict::Equal => self.line(Tone::Good, "equal", &text),
                Verdict::Varies { .. } => self.line(Tone::Quiet, "varies", &text),
                Verdict::Follows { .. } => self.line(Tone::Quiet, "follows", &text),
                Verdict::Differs { .. } => self.print(&self.verb(Tone::Bad, "differs", &text)),
            }
        }
        let tone = if verified.is_reproducible() { Tone::Good } else { Tone::Bad };
        self.line(tone, "verified", &verified::summary(verified));
    }

    pub(super) fn guest_output(&self, stream: GuestStream, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        match stream {
            GuestStream::Stdout => super::output(|out| out.write_all(bytes)),
            GuestStream::Stderr => self.print(text.trim_end()),
        }
    }

    pub(super) fn done(&self, verb: &str, what: &str) {
        self.line(Tone::Good, verb, what);
    }

    pub(super) fn used(&self, fuel: u64, elapsed: Duration) {
        self.line(Tone::Quiet, "used", &spent(elapsed, Some(fuel)));
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
            let value = value.as_ref().map(|value| format!(" = {value}"));
            let fuel = fuel.map(|fuel| format!("  {} fuel", human::count(fuel)));
            let (value, fuel) = (value.unwrap_or_default(), fuel.unwrap_or_default());
            let took = elapsed.as_secs_f64() * 1000.0;
            let line = format!("{call}{value}  {took:.2} ms{fuel}");
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

    pub(super) fn checked(&self, checked: &Checked) {
        let took = spent(Duration::from_millis(checked.milliseconds), checked.fuel);
        let what = format!("{} ({took})", checked.title());
        if checked.passed {
            return self.line(Tone::Good, "passed", &what);
        }
        // A failure is told even where people asked for quiet.
        let paint = |side, text: &str| match side {
            Side::Expected => self.paint(Tone::Good, text),
            Side::Got => self.paint(Tone::Bad, text),
        };
        let mut text = self.verb(Tone::Bad, "failed", &what);
        for line in checked.failure(self.look.verbose, &paint) {
            let _ = write!(text, "\n{:VERB$} {line}", "");
        }
        self.print(&text);
        self.annotate(checked);
    }

    /// Shows a failure beside the check, and beside the line at which a component stopped.
    fn annotate(&self, checked: &Checked) {
        let Some(service) = self.look.service else { return };
        let title = format!("failed: {}", checked.title());
        let message = checked.failure(false, &|_, text| text.to_owned()).join("\n");
        let CheckPlace { file, line, column } = &checked.place;
        let annotate = |file: &Path, place, message: &str| {
            let annotation =
                Annotation { file: &self.in_repository(file), place, title: &title, message };
            if let Some(line) = service.annotated(&annotation) {
                self.write(&line);
            }
        };
        annotate(Path::new(file), (Some(*line as u64), Some(*column as u64)), &message);
        let frames = checked.trap.iter().flat_map(|trap| &trap.frames);
        let mut places = frames.filter(|frame| frame.is_own()).filter_map(|it| it.place.as_ref());
        if let Some(place) = places.next() {
            let file = Path::new(file).with_file_name(&place.file);
            let place = (place.line.map(u64::from), place.column.map(u64::from));
            annotate(&file, place, &checked.message());
        }
    }

    /// A file as the service knows it.
    fn in_repository(&self, file: &Path) -> String {
        let whole = file.canonicalize().unwrap_or_else(|_| file.to_owned());
        let below = self.workspace.as_ref().and_then(|it| whole.strip_prefix(it).ok());
        below.unwrap_or(file).display().to_string()
    }

    pub(super) fn all_checked(&self, all: &[Checked]) {
        let failed: Vec<&Checked> = all.iter().filter(|checked| !checked.passed).collect();
        let counted = format!("{} passed, {} failed", all.len() - failed.len(), failed.len());
        if failed.is_empty() {
            return self.line(Tone::Good, "checked", &counted);
        }
        let mut text = self.verb(Tone::Bad, "checked", &counted);
        for checked in failed {
            let CheckPlace { file, line, .. } = &checked.place;
            let _ = write!(text, "\n{:VERB$} {file}:{line}  {}", "", checked.title());
        }
        self.print(&text);
    }

    pub(super) fn differing(&self, differing: &Differing) {
        self.clear();
        // As a failed check is told even where people asked for quiet.
        let text = interop::text(differing).replace('\n', &format!("\n{:VERB$} ", ""));
        self.print(&self.verb(Tone::Bad, "differs", &text));
    }

    pub(super) fn compared(&self, compared: &Compared) {
        self.clear();
        let tone = if compared.differences == 0 { Tone::Good } else { Tone::Bad };
        self.line(tone, "compared", &interop::summary(compared));
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
        let theme = if self.look.color {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let handler =
            GraphicalReportHandler::new_themed(theme).with_width(100).with_wrap_lines(false);
        let mut text = String::new();
        if handler.render_report(&mut text, error).is_err() {
            text = error.to_string();
        }
        self.print(&format!(
            "{} {}",
            self.paint(Tone::Bad, "error:"),
            text.trim_start_matches("  × ").trim()
        ));
    }

    fn output(&self, component: &str, step: &str, text: &str, elapsed: Duration) {
        if !self.look.verbose || text.trim().is_empty() {
            return;
        }
        let title = format!("{component}, step {step}");
        let Some(service) = self.look.service else {
            self.line(Tone::Quiet, "output", &title);
            return self.print(text.trim_end());
        };
        let title = self.verb(Tone::Quiet, "output", &title);
        let name = format!("poly-{component}-{step}");
        self.write(&service.folded(&name, &title, text.trim_end(), elapsed));
        self.folded.store(true, Ordering::Relaxed);
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
        let write = || {
            let _ = writeln!(io::stderr(), "{text}");
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn under_way(&self, what: &str, begins: bool) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if begins {
            running.insert(what.to_owned());
        } else {
            running.remove(what);
        }
        self.show(&running);
    }

    fn finished_with(&self, prefix: &str) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|what| !what.starts_with(prefix));
        self.show(&running);
    }

    fn show(&self, running: &BTreeSet<String>) {
        let Some(bar) = &self.bar else { return };
        bar.set_message(running.iter().cloned().collect::<Vec<_>>().join(", "));
        bar.enable_steady_tick(Duration::from_millis(120));
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn present(action: &Action) -> &'static str {
    match action {
        Action::Build(_) => "building",
        Action::Adapt(_) => "adapting",
        Action::Compose => "composing",
        Action::Precompile(_) => "precompiling",
    }
}

fn past(action: &Action) -> &'static str {
    match action {
        Action::Build(_) => "built",
        Action::Adapt(_) => "adapted",
        Action::Compose => "composed",
        Action::Precompile(_) => "precompiled",
    }
}

fn columns(what: &str, by: &str, elapsed: Duration, size: Option<u64>) -> String {
    let size = size.map(human::size).unwrap_or_default();
    format!("{what:20} {by:18} {:>9} {size:>10}", human::time(elapsed))
}

/// What a call took of time, and of fuel where that was counted.
fn spent(elapsed: Duration, fuel: Option<u64>) -> String {
    let fuel = fuel.map(|fuel| format!(", {} fuel", human::count(fuel))).unwrap_or_default();
    format!("{}{fuel}", human::time(elapsed))
}

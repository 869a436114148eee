//! A build: what is done, why, and what is under way.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Console, Tone, VERB};
use crate::build::{Event, Verdict, Verified};
use crate::plan::{Action, Reason};
use crate::report::{Summary, human, verified};

/// Where there are more actions, those that were cached are only counted.
const FEW: usize = 200;

impl Console {
    pub(in crate::report) fn event(&self, event: &Event) {
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

    pub(in crate::report) fn summary(&self, summary: &Summary) {
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
    pub(in crate::report) fn verified(&self, verified: &Verified) {
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

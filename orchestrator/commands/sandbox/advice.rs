//! What to do about a call that did not return.

use super::Sandbox;
use crate::check::{Ending, Frame, Outcome};
use crate::manifest::{Grants, Limit, Profile};
use crate::report::stopped;

impl Sandbox<'_> {
    /// What to do about an outcome that is no return.
    pub(in crate::commands) fn remedy(&self, outcome: &Outcome) -> Option<String> {
        match &outcome.ending {
            Ending::Returned(_) => None,
            Ending::Trapped(trap) => {
                let mut lines = Vec::new();
                if let Some((title, frames)) = stopped(trap, self.context.verbose) {
                    lines.push(title);
                    lines.extend(frames.into_iter().map(|frame| format!("  {frame}")));
                }
                lines.extend(self.unseen(&self.project.manifest.grants, outcome));
                (!lines.is_empty()).then(|| lines.join("\n"))
            }
            Ending::Exceeded(limit) => {
                let (table, line) = match limit {
                    Limit::Timeout => ("limits", "timeout = \"60s\""),
                    Limit::Memory => ("limits", "memory = \"1GiB\""),
                    Limit::Tables => ("limits", "tables = 10000000"),
                    Limit::Instances => ("limits", "instances = 10000"),
                    Limit::Stack => ("run", "stack = \"4MiB\""),
                    Limit::Handles => ("limits", "handles = 1000000"),
                    Limit::HostResources => ("limits", "host-resources = 5000"),
                    Limit::Transfer => ("limits", "transfer = \"1GiB\""),
                    Limit::Output => ("limits", "output = \"16MiB\""),
                    Limit::Written => ("limits", "written = \"16GiB\""),
                    Limit::Bodies => ("limits", "bodies = \"256MiB\""),
                    Limit::Fuel => ("limits", "fuel = 10000000000"),
                };
                Some(format!(
                    "if it rightly needs more, say so under `[{table}]`, such as `{line}`"
                ))
            }
        }
    }

    /// How to see more of a trap with these grants: what a component wrote before it, if it may have
    /// written anything that was not kept (most languages tell there why they give up), and where in
    /// its sources it was; or why that cannot be seen.
    pub(in crate::commands) fn unseen(&self, grants: &Grants, outcome: &Outcome) -> Option<String> {
        let Ending::Trapped(trap) = &outcome.ending else { return None };
        let granted = grants.stderr.is_granted();
        let can_write = self.parts.parts.iter().any(|(_, part)| part.can_write_to_stderr());
        let lost = !granted && can_write;
        let lost = lost.then(|| "grant `stderr = true` to see what it wrote".to_owned());
        let component = trap.frames.iter().find_map(|frame| frame.component.as_deref());
        let unnamed = component.filter(|name| {
            let (settings, toolchain) = self.project.component(name);
            let steps = |profile| toolchain.steps(profile).into_iter().map(|step| step.run);
            settings.profile == Profile::Release
                && steps(Profile::Release).ne(steps(Profile::Debug))
                && !trap.frames.iter().any(Frame::is_own)
        });
        let unnamed = unnamed.map(|name| {
            format!(
                "`profile = \"debug\"` under `[component.{name}]` shows the line of its sources"
            )
        });
        let unread = trap.unread.clone();
        let advice: Vec<String> = lost.into_iter().chain(unnamed).chain(unread).collect();
        (!advice.is_empty()).then(|| advice.join("; "))
    }
}

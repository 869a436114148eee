//! `poly lock`: notes in `poly.lock` which tools and libraries the pipeline is built with. What
//! is there stays, unless `--upgrade` says otherwise. With `--locked` nothing is written: the
//! differences are told, and are an error.

use std::collections::BTreeSet;

use super::context::Context;
use super::{CommandError, Ending};
use crate::build::{Event, Project, present, write_lock};
use crate::cli::LockOptions;
use crate::lock::FILE;
use crate::nearest::suggestion;

pub(super) fn run(context: &Context<'_>, options: &LockOptions) -> Result<Ending, CommandError> {
    let mut project = context.project()?;
    let tell = |event: Event| context.report.event(&event);
    let provision = context.provision(&tell);
    if context.locked() {
        context.hold_to_lock(&project)?;
        context.report.done("equal", &format!("{FILE} is what a build would use"));
        return Ok(Ending::Well);
    }
    let old = project.lock.clone();
    let anew = Anew::of(options, &project)?;
    // What is to be taken anew is not looked for as it is locked.
    if let Some(lock) = &mut project.lock {
        lock.tools.retain(|tool| !anew.takes(&tool.name));
    }
    let present = present(&project, &provision, context.options(&project).install)?;
    provision.save();
    let locked = old.clone().unwrap_or_default();
    let (new, changes) = locked.taking(&present, |name| anew.takes(name));
    for change in &changes {
        context.report.answer("lock", change, &format!("{:8} {change}", change.verb()));
    }
    if old.as_ref() != Some(&new) {
        write_lock(&project.root, &new.text()).map_err(|source| CommandError::System {
            doing: "write",
            path: project.root.join(FILE),
            source,
        })?;
    }
    for difference in new.differences(&present) {
        context.report.event(&Event::Warning { text: format!("{FILE}: {difference}") });
    }
    context.report.done("locked", FILE);
    Ok(Ending::Well)
}

/// What is taken as it is present, whatever was locked.
enum Anew {
    Nothing,
    Everything,
    Named(BTreeSet<String>),
}

impl Anew {
    fn of(options: &LockOptions, project: &Project) -> Result<Self, CommandError> {
        let names = match &options.upgrade {
            None => return Ok(Self::Nothing),
            Some(names) if names.is_empty() => return Ok(Self::Everything),
            Some(names) => names,
        };
        let components = project.manifest.components.keys();
        let toolchains = components.map(|name| project.component(name.get_ref()).1);
        let mut known: BTreeSet<&str> =
            toolchains.flat_map(|toolchain| toolchain.tools.keys()).map(String::as_str).collect();
        let locked = project.lock.iter().flat_map(|lock| &lock.libraries);
        known.extend(locked.map(|library| library.name.as_str()));
        if let Some(name) = names.iter().find(|name| !known.contains(name.as_str())) {
            let nearest = suggestion(name, known.iter().copied(), "there is");
            return Err(CommandError::NothingToUpgrade { name: name.clone(), nearest });
        }
        Ok(Self::Named(names.iter().cloned().collect()))
    }

    fn takes(&self, name: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Named(names) => names.contains(name),
        }
    }
}

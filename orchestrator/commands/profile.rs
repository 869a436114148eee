//! `poly run --profile`: looks where a call spends its time, and writes that as a profile for the
//! Firefox profiler and as a flame graph.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::CommandError;
use super::context::{Context, shown};
use super::sandbox::Sandbox;
use crate::build::{Project, write_over};
use crate::check::{Call, Outcome, Samples};
use crate::host::Instance;
use crate::report::{Profiled, samples};

/// A call is repeated for so long, or there would be nothing to see of most.
const LONG_ENOUGH: Duration = Duration::from_secs(1);

/// Fewer samples than this tell little.
const FEW: usize = 100;

/// Makes a call, again and again on the same instance, and writes where it was into `directory` or
/// beside the composed component. Gives the outcome of the first call.
pub(super) fn call(
    context: &Context<'_>,
    project: &Project,
    sandbox: &Sandbox<'_>,
    call: &Call,
    directory: Option<&Path>,
) -> Result<Outcome, CommandError> {
    let mut instance = match sandbox.start_for(None)? {
        Ok(instance) => instance,
        Err(outcome) => return Ok(outcome),
    };
    instance.profile()?;
    let (began, started) = (SystemTime::now(), Instant::now());
    let first = instance.call(call)?;
    let (mut calls, mut ended_well) = (1, first.is_return());
    while ended_well && started.elapsed() < LONG_ENOUGH {
        let next = instance.call(call)?;
        calls += 1;
        ended_well = next.is_return();
        if !ended_well {
            let ending = &next.ending;
            context.report.note(&format!(
                "call {calls} of those that were made to be seen ended with {ending}"
            ));
        }
    }
    let elapsed = started.elapsed();
    let mut seen = instance.samples();
    sandbox.locate_all(&mut seen);
    let (profile, flame) = write(project, &seen, began, directory)?;
    context.report.profiled(&Profiled {
        call: super::sandbox::short(call),
        calls,
        samples: seen.taken.len(),
        milliseconds: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        profile: shown(&profile),
        flame: shown(&flame),
    });
    if let Some(note) = advice(&seen) {
        context.report.note(note);
    }
    Ok(first)
}

fn write(
    project: &Project,
    seen: &Samples,
    began: SystemTime,
    directory: Option<&Path>,
) -> Result<(PathBuf, PathBuf), CommandError> {
    let name = project.manifest.pipeline.name.get_ref();
    let directory = directory.map_or_else(|| project.work(), Path::to_owned);
    let began = began.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0;
    let profile = samples::profile(seen, name, began, Instance::SAMPLED_EVERY).to_string();
    let flame = samples::picture(seen, name);
    let failed = |path: &Path, source| CommandError::System {
        doing: "write",
        path: path.to_owned(),
        source,
    };
    fs::create_dir_all(&directory).map_err(|error| failed(&directory, error))?;
    let files = [("profile.json", profile), ("flame.svg", flame)];
    let [profile, flame] = files.map(|(end, text)| {
        let path = directory.join(format!("{name}.{end}"));
        match write_over(&path, text.as_bytes()) {
            Ok(()) => Ok(path),
            Err(error) => Err(failed(&path, error)),
        }
    });
    Ok((profile?, flame?))
}

/// What to do for a profile that tells more.
fn advice(seen: &Samples) -> Option<&'static str> {
    if seen.taken.len() < FEW {
        Some(
            "there are few samples: the component is only seen while its own code runs, and not \
             while it waits or the host works for it; give the call more to do",
        )
    } else if seen.frames.iter().all(|frame| frame.function.is_none()) {
        Some(
            "no function has a name: write `profile = \"debug\"` under the components that should have names",
        )
    } else {
        None
    }
}

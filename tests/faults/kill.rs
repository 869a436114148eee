//! Builds, their tools, or both killed at some moment. Each tool leads a process group of its own, so that
//! whoever kills poly alone leaves them behind: they go on writing.

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::pipeline::{Pipeline, VARIANTS, command};
use super::{Dice, Outcomes};
use crate::place::{Ran, children};

const SIGKILL: i32 = 9;

/// Who is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Killed {
    Poly,
    PolyAndTools,
    Tools,
}

/// Kills so many of each, and lets a build follow that is left alone. A build that ended before it could be
/// killed does not count.
pub(crate) fn kills(count: usize) -> Vec<Outcomes> {
    [
        (Killed::Poly, "kill -9 of a build, whose tools live on"),
        (Killed::PolyAndTools, "kill -9 of a build and its tools"),
        (Killed::Tools, "kill -9 of the tools of a build"),
    ]
    .into_iter()
    .flat_map(|(who, fault)| kills_of(who, fault, count))
    .collect()
}

fn kills_of(who: Killed, fault: &str, count: usize) -> Vec<Outcomes> {
    let mut of_killed = Outcomes::of(fault);
    let mut then = Outcomes::of("  then a build");
    let pipeline = Pipeline::new();
    let mut dice = Dice::new(300);
    pipeline.write(0);
    let started = Instant::now();
    pipeline.poly(&["build"]).expect(0);
    let usual = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    for variant in (0..VARIANTS).cycle().take(count * 100) {
        if then.tried() == count {
            break;
        }
        // Most builds have all to do; some find what those before them left.
        if dice.below(4) > 0 {
            pipeline.forget();
        }
        pipeline.write(variant);
        let mut build = command(&pipeline.place, &["build"]);
        build.stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
        let build = build.spawn().expect("poly starts");
        thread::sleep(Duration::from_micros(dice.below(usual)));
        let tools = if who == Killed::Poly { Vec::new() } else { children(build.id()) };
        let poly = Some(build.id()).filter(|_| who != Killed::Tools);
        let is_hit = kill(poly.into_iter().chain(tools.iter().copied())) && !tools.is_empty();
        let ended = build.wait_with_output().expect("it was started");
        let what = format!("kill {}", then.tried());
        match (who, ended.status.signal()) {
            (Killed::Poly, Some(SIGKILL)) => {}
            (Killed::PolyAndTools, Some(SIGKILL)) if is_hit => {}
            (Killed::Tools, _) if is_hit => {
                let ran = Ran {
                    code: ended.status.code().unwrap_or(-1),
                    stdout: String::new(),
                    stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
                };
                of_killed.count(&what, &ran, pipeline.is_right(variant));
            }
            _ => continue,
        }
        let ran = pipeline.poly(&["build"]);
        then.count_right(&what, &ran, pipeline.is_right(variant));
    }
    assert_eq!(then.tried(), count, "{fault}: most builds ended before they could be killed");
    match who {
        Killed::Tools => vec![of_killed, then],
        _ => vec![Outcomes { fault: format!("{fault}, then a build"), ..then }],
    }
}

/// Kills process groups; whether all were there.
fn kill(groups: impl Iterator<Item = u32>) -> bool {
    let groups: Vec<String> = groups.map(|group| format!("-{group}")).collect();
    let killed =
        Command::new("kill").args(["-9", "--"]).args(groups).stderr(Stdio::null()).status();
    killed.expect("kill starts").success()
}

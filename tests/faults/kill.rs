//! Builds killed at some moment, with everything in their process group.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::pipeline::{Pipeline, VARIANTS, command};
use super::{Dice, Outcomes};

/// Kills so many builds, each followed by one that is left alone.
pub(crate) fn kills(count: u64) -> Outcomes {
    let mut outcomes = Outcomes::of("kill -9 of a build, then a build");
    let pipeline = Pipeline::new();
    let mut dice = Dice::new(300);
    pipeline.write(0);
    let started = Instant::now();
    pipeline.poly(&["build"]).expect(0);
    let usual = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    for number in 0..count {
        let variant = number % VARIANTS;
        // Most builds have all to do; some find what those before them left.
        if dice.below(4) > 0 {
            pipeline.forget();
        }
        pipeline.write(variant);
        let mut build = command(&pipeline.place, &["build"]);
        build.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut build = build.spawn().expect("poly starts");
        thread::sleep(Duration::from_micros(dice.below(usual)));
        let group = format!("-{}", build.id());
        // It fails where the build was faster.
        let _ = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
        build.wait().expect("it was started");

        let ran = pipeline.poly(&["build"]);
        outcomes.count_right(&format!("kill {number}"), &ran, pipeline.is_right(variant));
    }
    outcomes
}

//! A clock that jumps by years, forward and back, between any two looks at it, and files whose
//! times are anywhere.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::pipeline::{Pipeline, VARIANTS, command};
use super::{Dice, Outcomes};

/// In place of the C library's: the real time, moved by what `CLOCK_JUMPS` says, or by another
/// number of seconds at each look if it says `random`. Who looked leaves a file of its name in the
/// directory `CLOCK_SEEN`.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    static unsigned long state = 88172645463325252;
    int ended = syscall(SYS_clock_gettime, clock, now);
    const char *jumps = getenv("CLOCK_JUMPS");
    if (clock != CLOCK_REALTIME || !jumps) return ended;
    char seen[4096];
    snprintf(seen, sizeof seen, "%s/%s", getenv("CLOCK_SEEN"), program_invocation_short_name);
    close(open(seen, O_CREAT | O_WRONLY, 0666));
    if (strcmp(jumps, "random")) {
        now->tv_sec += atol(jumps);
        return ended;
    }
    state ^= state << 13; state ^= state >> 7; state ^= state << 17;
    now->tv_sec += (long)(state % 600000000) - 300000000;
    return ended;
}
"#;

/// So many builds under a wrong clock.
pub(crate) fn jumps(count: u64) -> Outcomes {
    let mut outcomes = Outcomes::of("a clock that jumps");
    let pipeline = Pipeline::new();
    let shim = compile(&pipeline.place.home);
    let seen = pipeline.place.home.join("seen");
    let mut dice = Dice::new(11);
    for number in 0..count {
        let variant = dice.below(VARIANTS);
        pipeline.write(variant);
        for top in [&pipeline.place.root, &pipeline.place.cache] {
            scatter(top, &mut dice);
        }
        let jump = match dice.below(4) {
            0 => "random".to_owned(),
            1 => "86400000".to_owned(),
            2 => "-86400000".to_owned(),
            _ => "90000".to_owned(),
        };
        for arguments in [&["build"][..], &["cache", "gc", "--size", "20kB"], &["build"]] {
            let mut poly = command(&pipeline.place, arguments);
            poly.env("LD_PRELOAD", &shim).env("CLOCK_JUMPS", &jump).env("CLOCK_SEEN", &seen);
            fs::create_dir_all(&seen).expect("writable");
            let ran = pipeline.place.finish(&mut poly);
            let name = if arguments[0] == "build" { "poly" } else { "poly-host" };
            assert!(seen.join(name).exists(), "{name} did not look at this clock");
            fs::remove_dir_all(&seen).expect("it is ours");
            let right = arguments[0] != "build" || pipeline.is_right(variant);
            outcomes.count_right(&format!("jump {number} by {jump}"), &ran, right);
        }
    }
    outcomes
}

fn compile(directory: &Path) -> PathBuf {
    fs::create_dir_all(directory).expect("writable");
    let [source, shim] = ["clock.c", "clock.so"].map(|name| directory.join(name));
    fs::write(&source, SHIM).expect("writable");
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&shim).arg(&source).status();
    assert!(compiled.expect("a C compiler").success());
    shim
}

/// Gives some of the files below a directory times years ago or years ahead.
fn scatter(directory: &Path, dice: &mut Dice) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            scatter(&path, dice);
        }
        let apart = Duration::from_secs(dice.below(300_000_000));
        let now = SystemTime::now();
        let then = if dice.below(2) == 0 { now - apart } else { now + apart };
        if dice.below(3) == 0 {
            let moved = File::open(&path).and_then(|file| file.set_modified(then));
            moved.expect("it is ours");
        }
    }
}

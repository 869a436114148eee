//! Eight polys at once on one cache, and others that collect and verify it meanwhile.

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::Outcomes;
use super::pipeline::{Pipeline, VARIANTS, command, poly, write_sources};
use crate::place::{Place, Ran};

const CROWD: u64 = 8;

/// So many crowds of each kind.
pub(crate) fn crowds(count: u64) -> Vec<Outcomes> {
    let pipeline = Pipeline::new();
    let others: Vec<Place> = (0..CROWD).map(|one| pipeline.another(&one.to_string())).collect();
    let here: Vec<&Place> = (0..CROWD).map(|_| &pipeline.place).collect();
    let elsewhere: Vec<&Place> = others.iter().collect();
    let kinds: [(&str, &[&Place], bool); 3] = [
        ("one checkout", &here, false),
        ("eight checkouts", &elsewhere, false),
        ("eight pipelines", &elsewhere, true),
    ];
    let mut done = Vec::new();
    for (kind, places, differ) in kinds {
        let mut outcomes = Outcomes::of(format!("eight polys at once: {kind}"));
        for round in 0..count {
            if round % 2 == 0 {
                pipeline.forget();
            }
            let variant = |one: u64| (round + if differ { one } else { 0 }) % VARIANTS;
            for (one, place) in (0..CROWD).zip(places) {
                write_sources(place, variant(one));
            }
            for (one, ran) in (0..CROWD).zip(at_once(&pipeline, places)) {
                let place = places[usize::try_from(one).expect("small")];
                let right = pipeline.is_right_at(place, variant(one));
                outcomes.count_right(&format!("round {round}, poly {one}"), &ran, right);
            }
        }
        done.push(outcomes);
    }
    done
}

/// What came of a build in each place, all begun together.
fn at_once(pipeline: &Pipeline, places: &[&Place]) -> Vec<Ran> {
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                poly(&pipeline.place, &["cache", "gc", "--size", "0"]).expect(0);
                poly(&pipeline.place, &["cache", "verify"]).expect(0);
            }
        });
        let start = |place: &&Place| -> Child {
            let mut build = command(place, &["build"]);
            build.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("poly starts")
        };
        let builds: Vec<Child> = places.iter().map(start).collect();
        let wait = |build: Child| {
            let output = build.wait_with_output().expect("it was started");
            Ran {
                code: output.status.code().unwrap_or(-1),
                stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
                stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            }
        };
        let ran = builds.into_iter().map(wait).collect();
        ended.store(true, Ordering::Relaxed);
        ran
    })
}

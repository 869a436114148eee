//! Inputs edited while builds run: what is stored is stored under the key of what it was made of.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::pipeline::{Pipeline, VARIANTS, component, source};
use super::{Dice, Outcomes};

/// So many builds while somebody edits, and after each all that could have been meant.
pub(crate) fn edits(count: u64) -> Outcomes {
    let mut outcomes = Outcomes::of("inputs edited during a build");
    let pipeline = Pipeline::new();
    pipeline.write(0);
    for number in 0..count {
        if number % 3 == 0 {
            pipeline.forget();
        }
        let ended = AtomicBool::new(false);
        let ran = thread::scope(|scope| {
            scope.spawn(|| {
                let mut dice = Dice::new(number + 1);
                while !ended.load(Ordering::Relaxed) {
                    edit(&pipeline, &mut dice);
                    thread::sleep(Duration::from_micros(dice.below(20_000)));
                }
            });
            let ran = pipeline.poly(&["build"]);
            ended.store(true, Ordering::Relaxed);
            ran
        });
        // Of whichever edits it made it: the error, if there is one, says which file.
        outcomes.count(&format!("build {number}"), &ran, pipeline.is_some_mixture());
        let changed = ran.stderr.contains("changed while it was being built");
        if ran.code != 0 && !changed {
            outcomes.wrong.push(format!("build {number} says something else: {}", ran.stderr));
        }
        for variant in 0..VARIANTS {
            pipeline.write(variant);
            let ran = pipeline.poly(&["build"]);
            let what = format!("variant {variant} after build {number}");
            outcomes.count_right(&what, &ran, pipeline.is_right(variant));
        }
    }
    outcomes
}

/// Another variant of one component's source, in one of the ways in which editors write.
fn edit(pipeline: &Pipeline, dice: &mut Dice) {
    let which = component(dice.below(VARIANTS));
    let path = pipeline.place.root.join(format!("c{which}/source.wasm"));
    let bytes = source(dice.below(VARIANTS), which);
    if dice.below(2) == 0 {
        fs::write(&path, bytes).expect("writable");
    } else {
        let beside = path.with_extension("new");
        fs::write(&beside, bytes).expect("writable");
        fs::rename(beside, path).expect("writable");
    }
}

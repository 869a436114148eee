//! One difference in each constructor of WIT types: `tests/cases/compose/mismatch/differences.txt`
//! says what is wanted and what is offered, `expected.txt` what poly says to it.

use std::fmt::Write as _;
use std::sync::Mutex;

use super::differences::{differences, place};
use super::{golden, in_parallel};
use crate::place::repository;

#[test]
fn a_difference_in_each_constructor_is_shown_with_the_way_to_it() {
    let case = repository().join("tests/cases/compose/mismatch");
    let said = Mutex::new(Vec::new());
    let all: Vec<_> = differences(&case).into_iter().enumerate().collect();
    in_parallel(all, |(index, difference)| {
        let place = place(&case, difference);
        let ran = place.run(&["--quiet", "build"]).expect(1);
        said.lock().expect("no thread panicked").push((
            *index,
            difference.clone(),
            gist(&ran.stderr),
        ));
        Ok(())
    });
    let mut said = said.into_inner().expect("no thread panicked");
    said.sort_by_key(|(index, ..)| *index);
    let mut text = String::new();
    for (_, difference, error) in said {
        let _ = writeln!(text, "# {}\n{error}", difference.name);
    }
    let wrong = golden(&case.join("expected.txt"), &text);
    assert!(wrong.is_empty(), "{wrong}");
}

/// The error without the lines of the manifest that it shows, which are always the same.
fn gist(said: &str) -> String {
    let says = |line: &&str| line.contains("error: ") || line.contains("help: ");
    said.lines().filter(says).map(|line| line.trim_start().to_owned() + "\n").collect()
}

//! Everything that may go wrong around poly, as often as it takes to trust the outcome. Run with
//! `cargo test --bench faults`, as root, for it mounts small disks; it ends with a table.
//!
//! `tests/faults` says what each of them is, and the suite tries each a few times.

#[allow(dead_code, reason = "the suite uses the rest")]
#[path = "../tests/place.rs"]
mod place;

#[path = "../tests/faults/mod.rs"]
mod faults;

use faults::Outcomes;

type Measure = fn() -> Vec<Outcomes>;

fn main() {
    // `cargo test --benches` and its like ask for a list of tests; there is none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let chosen: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let kinds: [(&str, Measure); 6] = [
        ("kill", || faults::kills(300)),
        ("disk", || faults::full_disks(40)),
        ("damage", || faults::damages(1)),
        ("crowd", || faults::crowds(10)),
        ("clock", || vec![faults::jumps(60)]),
        ("edits", || vec![faults::edits(40)]),
    ];
    let mut all = Vec::new();
    for (name, outcomes) in kinds {
        if chosen.is_empty() || chosen.iter().any(|chosen| chosen == name) {
            eprintln!("{name} ...");
            all.extend(outcomes());
        }
    }
    println!("{:<54} {:>6} {:>6} {:>6} {:>6}", "fault", "tried", "right", "told", "wrong");
    for outcomes in &all {
        let Outcomes { fault, right, told, wrong } = outcomes;
        let (tried, wrong) = (outcomes.tried(), wrong.len());
        println!("{fault:<54} {tried:>6} {right:>6} {told:>6} {wrong:>6}");
    }
    let wrong: Vec<&String> = all.iter().flat_map(|outcomes| &outcomes.wrong).collect();
    for wrong in &wrong {
        println!("\n{wrong}");
    }
    assert!(wrong.is_empty(), "{} outcomes are wrong", wrong.len());
}

//! A few of each of the faults, as many as take seconds.

use crate::faults::{Outcomes, crowds, damages, edits, full_disks, jumps, kills};

#[track_caller]
fn all_well(outcomes: &[Outcomes]) {
    for outcomes in outcomes {
        assert!(outcomes.wrong.is_empty(), "{}: {}", outcomes.fault, outcomes.wrong.join("\n"));
        assert!(outcomes.tried() > 0, "{} was not tried", outcomes.fault);
    }
}

#[test]
fn killed_builds() {
    all_well(&kills(5));
}

#[test]
fn full_disks_of_some_sizes() {
    all_well(&full_disks(4));
}

#[test]
fn damage_to_some_files() {
    all_well(&damages(23));
}

#[test]
fn a_crowd_of_each_kind() {
    all_well(&crowds(1));
}

#[test]
fn a_clock_that_jumps() {
    all_well(&[jumps(6)]);
}

#[test]
fn inputs_edited_meanwhile() {
    all_well(&[edits(6)]);
}

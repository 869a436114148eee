//! Cases as directories: `tests/cases/cli/NAME` holds a pipeline, `args` (what is typed;
//! `check` unless it says otherwise), perhaps `config.toml` (the user's settings), and
//! `expected.txt`: the exit code and all that was said.
//!
//! `SNAPSHOTS=overwrite cargo test` rewrites what is expected; read the difference then.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use snapbox::data::DataFormat;
use snapbox::{Assert, Data};

use crate::place::{Place, repository};

#[test]
fn every_case_says_what_is_expected() {
    let cases = repository().join("tests/cases/cli");
    let mut names: Vec<_> = fs::read_dir(&cases)
        .expect("the cases")
        .map(|entry| entry.expect("a case").path())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    let failed: Vec<_> = names.iter().filter(|case| !holds(case)).collect();
    assert!(failed.is_empty(), "these cases differ: {failed:#?}");
}

fn holds(case: &Path) -> bool {
    let place = Place::with(case).with_fake_tools();
    let arguments = fs::read_to_string(case.join("args")).unwrap_or_else(|_| "check".to_owned());
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    // One after the other, so that what is said has one order.
    let mut poly = place.poly(&arguments);
    poly.env("POLY_JOBS", "1");
    let config = place.root.join("config.toml");
    if config.exists() {
        poly.env("POLY_CONFIG", config);
    }
    let ran = place.finish(&mut poly);
    let mut said = format!("exit code {}\n", ran.code);
    for (stream, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
        if !text.is_empty() {
            let _ = write!(said, "--- {stream}\n{text}");
        }
    }
    let golden = Data::read_from(&case.join("expected.txt"), Some(DataFormat::Text));
    let assert = Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    match assert.try_eq(Some(&case.display()), said.into(), golden) {
        Ok(()) => true,
        Err(difference) => {
            eprintln!("{difference}");
            false
        }
    }
}

//! A case for every row of the tables in the module's documentation.

mod component;
mod interface;
mod stability;
mod world;

use super::{Comparison, Subject, compare};
use crate::component::wit;

fn subject(text: &str) -> Subject {
    let source = [("w.wit".to_owned(), text.to_owned())].into();
    Subject::of_text(
        wit::resolve_with_unstable(&source).unwrap_or_else(|error| panic!("{error:?}")),
    )
}

fn package(old: &str, new: &str) -> Comparison {
    let full = |version: &str, text: &str| subject(&format!("package a:b@{version};\n{text}"));
    compare(&full("1.0.0", old), &full("1.0.0", new)).expect("the same package")
}

/// Each change as `level path: what`.
fn told(comparison: &Comparison) -> Vec<String> {
    let tell = |change: &super::Change| format!("{} {change}", change.level.word());
    comparison.changes.iter().map(tell).collect()
}

#[track_caller]
fn assert_told(old: &str, new: &str, expected: &[&str]) {
    assert_eq!(told(&package(old, new)), expected, "{old}\n→ {new}");
}

/// The contents of one interface.
#[track_caller]
fn in_interface(old: &str, new: &str, expected: &[&str]) {
    let expected: Vec<String> =
        expected.iter().map(|line| line.replacen(' ', " interface \"i\" → ", 1)).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    assert_told(
        &format!("interface i {{ {old} }}"),
        &format!("interface i {{ {new} }}"),
        &expected,
    );
}

const BOTH: &str = "; breaks callers and implementers";

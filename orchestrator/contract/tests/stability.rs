//! What is unstable, deprecated or documented.

use super::{BOTH, in_interface, package};
use crate::contract::Level;

#[test]
fn documentation_and_since_are_fixes() {
    in_interface(
        "/// One.\nf: func(); record r { a: u8 }",
        "/// Two.\nf: func(); record r { /// A.\na: u8 }",
        &[
            "fix record \"r\" → record field \"a\": has other documentation",
            "fix function \"f\": has other documentation",
        ],
    );
    in_interface(
        "f: func();",
        "@since(version = 1.0.0) f: func();",
        &["fix function \"f\": has another `@since`"],
    );
}

#[test]
fn unstable_items_may_change_without_a_step() {
    in_interface(
        "@unstable(feature = x) f: func(); @unstable(feature = x) g: func();",
        "@unstable(feature = x) f: func(a: u8); @unstable(feature = y) h: func();",
        &[
            "unstable function \"f\": was `func()`, is `func(a: u8)` (unstable under `x`: no promise was made)",
            "unstable function \"g\": removed (unstable under `x`: no promise was made)",
            "unstable function \"h\": added (unstable under `y`: no promise was made)",
        ],
    );
    let below = package(
        "@unstable(feature = x) interface i { record r { a: u8 } }",
        "@unstable(feature = x) interface i { record r { a: u16 } }",
    );
    assert_eq!(below.level(), Level::Free);
    assert_eq!(below.changes.len(), 1, "it is told all the same");
}

#[test]
fn stability_itself_changes() {
    in_interface(
        "@unstable(feature = x) f: func();",
        "@since(version = 1.0.0) f: func();",
        &["addition function \"f\": is stable now, and was unstable under `x`"],
    );
    in_interface(
        "f: func();",
        "@unstable(feature = x) f: func();",
        &[&format!("breaking function \"f\": is unstable now under `x`, and was stable{BOTH}")],
    );
}

#[test]
fn deprecation_is_announced_and_noted() {
    let (plain, announced) = (
        "@since(version = 0.1.0) f: func();",
        "@since(version = 0.1.0) @deprecated(version = 0.9.0) f: func();",
    );
    in_interface(plain, announced, &["addition function \"f\": is deprecated since 0.9.0"]);
    in_interface(announced, plain, &["fix function \"f\": is deprecated no longer"]);
    in_interface(
        announced,
        "",
        &[
            "breaking function \"f\": removed, which 0.9.0 had announced by `@deprecated`; breaks callers",
        ],
    );
}

#[test]
fn a_since_that_cannot_be_is_told() {
    in_interface(
        "",
        "@since(version = 0.2.0) f: func();",
        &[
            "addition function \"f\": added; it says `@since(version = 0.2.0)`, where it is not; asks more of implementers",
        ],
    );
}

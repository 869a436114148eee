//! Functions and types of an interface.

use super::{BOTH, assert_told, in_interface, subject, told};
use crate::contract::compare;

#[test]
fn nothing_changes_nothing() {
    in_interface("f: func(); record r { a: u8 }", "record r { a: u8 } f: func();", &[]);
}

#[test]
fn functions_come_and_go() {
    in_interface(
        "f: func();",
        "f: func(); g: func();",
        &["addition function \"g\": added; asks more of implementers"],
    );
    in_interface("f: func();", "", &["breaking function \"f\": removed; breaks callers"]);
    in_interface(
        "resource r { m: func(); s: static func(); }",
        "resource r { constructor(); m: func(); n: func(); }",
        &[
            "breaking static function \"r.s\": removed; breaks callers",
            "addition constructor \"r\": added; asks more of implementers",
            "addition method \"r.n\": added; asks more of implementers",
        ],
    );
}

#[test]
fn a_signature_is_compared_for_equality() {
    let table = [
        ("f: func();", "f: func(a: u8);", "func()", "func(a: u8)"),
        ("f: func(a: u8);", "f: func(b: u8);", "func(a: u8)", "func(b: u8)"),
        (
            "f: func(a: u8, b: u8);",
            "f: func(b: u8, a: u8);",
            "func(a: u8, b: u8)",
            "func(b: u8, a: u8)",
        ),
        ("f: func(a: u8);", "f: func(a: list<u8>);", "func(a: u8)", "func(a: list<u8>)"),
        (
            "f: func() -> u8;",
            "f: func() -> result<u8, string>;",
            "func() -> u8",
            "func() -> result<u8, string>",
        ),
        ("f: func();", "f: async func();", "func()", "async func()"),
        (
            "f: func() -> result;",
            "f: func() -> result<_, u8>;",
            "func() -> result",
            "func() -> result<_, u8>",
        ),
        (
            "f: func() -> map<string, u8>;",
            "f: func() -> map<string, u16>;",
            "func() -> map<string, u8>",
            "func() -> map<string, u16>",
        ),
        (
            "f: func() -> tuple<u8>;",
            "f: func() -> option<u8>;",
            "func() -> tuple<u8>",
            "func() -> option<u8>",
        ),
        (
            "f: func() -> stream<u8>;",
            "f: func() -> future<u8>;",
            "func() -> stream<u8>",
            "func() -> future<u8>",
        ),
        (
            "f: func() -> list<u8, 2>;",
            "f: func() -> list<u8, 3>;",
            "func() -> list<u8, 2>",
            "func() -> list<u8, 3>",
        ),
        (
            "resource r; f: func(a: r);",
            "resource r; f: func(a: borrow<r>);",
            "func(a: r)",
            "func(a: borrow<r>)",
        ),
    ];
    for (old, new, before, after) in table {
        let line = format!("breaking function \"f\": was `{before}`, is `{after}`{BOTH}");
        in_interface(old, new, &[&line]);
    }
}

#[test]
fn types_come_and_go() {
    in_interface("", "type a = u8;", &["addition type \"a\": added"]);
    in_interface("", "resource a { m: func(); }", &["addition resource \"a\": added"]);
    in_interface("type a = u8;", "", &[&format!("breaking type \"a\": removed{BOTH}")]);
    in_interface(
        "resource a { m: func(); }",
        "",
        &[&format!("breaking resource \"a\": removed{BOTH}")],
    );
}

#[test]
fn members_of_a_type_come_and_go() {
    let table = [
        ("record t { a: u8 }", "record t { a: u8, b: u8 }", "record \"t\" → record field \"b\""),
        ("variant t { a }", "variant t { a, b(u8) }", "variant \"t\" → variant case \"b\""),
        ("enum t { a }", "enum t { a, b }", "enum \"t\" → enum case \"b\""),
        ("flags t { a }", "flags t { a, b }", "flags \"t\" → flag \"b\""),
    ];
    for (one, other, path) in table {
        in_interface(one, other, &[&format!("breaking {path}: added{BOTH}")]);
        in_interface(other, one, &[&format!("breaking {path}: removed{BOTH}")]);
    }
}

#[test]
fn a_type_is_another_by_order_content_or_kind() {
    let table = [
        (
            "record t { a: u8, b: u8 }",
            "record t { b: u8, a: u8 }",
            "record \"t\": its members stand in another order",
        ),
        (
            "record t { a: u8 }",
            "record t { a: u16 }",
            "record \"t\" → record field \"a\": was `u8`, is `u16`",
        ),
        (
            "variant t { a(u8) }",
            "variant t { a }",
            "variant \"t\" → variant case \"a\": was `u8`, is `nothing`",
        ),
        ("type t = u8;", "type t = list<u8>;", "type \"t\": was `u8`, is `list<u8>`"),
        ("enum t { a }", "flags t { a }", "enum \"t\": was `enum { a }`, is `flags { a }`"),
        (
            "resource t;",
            "record t { a: u8 }",
            "resource \"t\": was `resource`, is `record { a: u8 }`",
        ),
    ];
    for (old, new, line) in table {
        in_interface(old, new, &[&format!("breaking {line}{BOTH}")]);
    }
}

#[test]
fn what_a_function_uses_is_told_once_where_it_is_defined() {
    in_interface(
        "record t { a: u8 } f: func(x: list<t>); g: func() -> t;",
        "record t { a: u16 } f: func(x: list<t>); g: func() -> t;",
        &[&format!("breaking record \"t\" → record field \"a\": was `u8`, is `u16`{BOTH}")],
    );
    in_interface(
        "record t { a: u8 } type s = t; type l = list<t>;",
        "record t { a: u16 } type s = t; type l = list<t>;",
        &[&format!("breaking record \"t\" → record field \"a\": was `u8`, is `u16`{BOTH}")],
    );
}

#[test]
fn another_spelling_of_the_same_is_no_change() {
    in_interface("type t = u32; f: func(a: t);", "type t = u32; f: func(a: u32);", &[]);
    assert_told(
        "interface t { record r { a: u8 } } interface i { record r { a: u8 } f: func() -> r; }",
        "interface t { record r { a: u8 } } interface i { use t.{r}; f: func() -> r; }",
        &[],
    );
}

#[test]
fn a_resource_is_the_same_by_its_place() {
    assert_told(
        "interface t { resource r; } interface i { resource r; f: func(a: r); }",
        "interface t { resource r; } interface i { use t.{r}; f: func(a: r); }",
        &[
            "breaking interface \"i\" → resource \"r\": was `resource`, is `a:b/t.r`; breaks callers and implementers",
            "breaking interface \"i\" → function \"f\": was `func(a: a:b/i.r)`, is `func(a: a:b/t.r)`; breaks callers and implementers",
        ],
    );
}

#[test]
fn a_type_of_another_package_counts_where_it_is_used() {
    let with = |field: &str| {
        subject(&format!(
            "package a:b@1.0.0; interface i {{ use c:d/t.{{r}}; f: func() -> r; }}\n\
             package c:d {{ interface t {{ record r {{ a: {field} }} }} }}"
        ))
    };
    let lines = told(&compare(&with("u8"), &with("u16")).unwrap());
    assert_eq!(
        lines,
        [
            "breaking interface \"i\" → type \"r\": was `record { a: u8 }`, is `record { a: u16 }`; breaks callers and implementers",
            "breaking interface \"i\" → function \"f\": was `func() -> record { a: u8 }`, is `func() -> record { a: u16 }`; breaks callers and implementers",
        ]
    );
}

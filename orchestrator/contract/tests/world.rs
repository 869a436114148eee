//! Worlds, and what stands beside them in a package.

use super::{assert_told, package, subject, told};
use crate::contract::compare;

/// The contents of one world, beside interfaces that it may use.
#[track_caller]
fn in_world(old: &str, new: &str, expected: &[&str]) {
    const BESIDE: &str = "interface f { f: func(); } interface g { g: func(); } \
                          interface t { type id = u32; record r { a: u8 } }";
    let expected: Vec<String> =
        expected.iter().map(|line| line.replacen(' ', " world \"w\" → ", 1)).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    let world = |text: &str| format!("{BESIDE} world w {{ {text} }}");
    assert_told(&world(old), &world(new), &expected);
}

#[test]
fn worlds_have_two_sides() {
    let table = [
        ("", "import f;", "import \"a:b/f\": added; breaks hosts"),
        ("import f;", "", "import \"a:b/f\": removed; breaks components"),
        ("", "export f;", "export \"a:b/f\": added; breaks components"),
        ("export f;", "", "export \"a:b/f\": removed; breaks hosts"),
        ("", "import h: func();", "import function \"h\": added; breaks hosts"),
        (
            "export h: func();",
            "export h: func(a: u8);",
            "export function \"h\": was `func()`, is `func(a: u8)`; breaks hosts and components",
        ),
        ("use t.{id};", "", "import \"a:b/t\": removed; breaks components"),
    ];
    for (old, new, line) in table {
        let said = package(
            &format!(
                "interface f {{ f: func(); }} interface t {{ type id = u32; }} world w {{ {old} }}"
            ),
            &format!(
                "interface f {{ f: func(); }} interface t {{ type id = u32; }} world w {{ {new} }}"
            ),
        );
        assert_eq!(told(&said)[0], format!("breaking world \"w\" → {line}"));
    }
}

#[test]
fn types_alone_ask_for_nothing() {
    in_world("", "import t;", &["addition import \"a:b/t\": added"]);
    in_world("", "export t;", &["addition export \"a:b/t\": added"]);
    in_world("", "type id = u32;", &["addition import type \"id\": added"]);
    in_world(
        "type id = u32;",
        "",
        &["breaking import type \"id\": removed; breaks hosts and components"],
    );
    in_world(
        "type id = u32;",
        "type id = u64;",
        &["breaking import type \"id\": was `u32`, is `u64`; breaks hosts and components"],
    );
}

#[test]
fn an_interface_written_in_a_world_is_as_the_import_or_export_of_its_functions() {
    let (one, two) = ("{ a: func(); }", "{ a: func(); b: func(); }");
    let table = [
        (
            format!("import x: interface {one}"),
            format!("import x: interface {two}"),
            "import \"x\" → function \"b\": added; breaks hosts",
        ),
        (
            format!("import x: interface {two}"),
            format!("import x: interface {one}"),
            "import \"x\" → function \"b\": removed; breaks components",
        ),
        (
            format!("export x: interface {one}"),
            format!("export x: interface {two}"),
            "export \"x\" → function \"b\": added; breaks components",
        ),
        (
            format!("export x: interface {two}"),
            format!("export x: interface {one}"),
            "export \"x\" → function \"b\": removed; breaks hosts",
        ),
    ];
    for (old, new, line) in table {
        in_world(&old, &new, &[&format!("breaking {line}")]);
    }
    in_world(
        "import x: interface { a: func(); }",
        "import x: func();",
        &[
            "breaking import \"x\": removed; breaks hosts and components",
            "breaking import function \"x\": added; breaks hosts",
        ],
    );
}

#[test]
fn the_version_of_a_foreign_interface_counts() {
    let with = |version: &str| {
        subject(&format!(
            "package a:b@1.0.0; world w {{ import c:d/t@{version}; }}\n\
             package c:d@{version} {{ interface t {{ f: func(); }} }}"
        ))
    };
    assert_eq!(
        told(&compare(&with("0.2.0"), &with("0.2.3")).unwrap()),
        ["addition world \"w\" → import \"c:d/t@0.2\": was @0.2.0, is @0.2.3"]
    );
    assert_eq!(
        told(&compare(&with("0.2.0"), &with("0.3.0")).unwrap()),
        [
            "breaking world \"w\" → import \"c:d/t@0.2\": removed; breaks components",
            "breaking world \"w\" → import \"c:d/t@0.3\": added; breaks hosts",
        ]
    );
}

#[test]
fn a_foreign_interface_without_another_version_is_looked_into() {
    let old = "interface i { record r { a: u8 } f: func(r: r); g: func(); } \
               interface j { g: func(); h: func(); } interface k { k: func(); }";
    let new = "interface i { record r { a: u16 } f: func(r: r, s: u8); g: func(); n: func(); } \
               interface j { g: func(a: u8); m: func(); } interface k { k: func(); }";
    for version in ["", "@0.2.0"] {
        let with = |text: &str| {
            subject(&format!(
                "package a:b@1.0.0; world w {{ import x:y/i{version}; export x:y/j{version}; \
                 import x:y/k{version}; }}\npackage x:y{version} {{ {text} }}"
            ))
        };
        let track = version.trim_end_matches(".0");
        let expected = [
            "import \"x:y/i\" → record \"r\" → record field \"a\": was `u8`, is `u16`; \
             breaks hosts and components",
            "import \"x:y/i\" → function \"f\": was `func(r: r)`, is `func(r: r, s: u8)`; \
             breaks hosts and components",
            "import \"x:y/i\" → function \"n\": added; breaks hosts",
            "export \"x:y/j\" → function \"g\": was `func()`, is `func(a: u8)`; \
             breaks hosts and components",
            "export \"x:y/j\" → function \"h\": removed; breaks hosts",
            "export \"x:y/j\" → function \"m\": added; breaks components",
        ];
        let expected = expected.map(|line| {
            let line = line.replacen("/i\"", &format!("/i{track}\""), 1);
            let line = line.replacen("/j\"", &format!("/j{track}\""), 1);
            format!("breaking world \"w\" → {line}")
        });
        let compared = compare(&with(old), &with(new)).expect("the same package");
        assert_eq!(told(&compared), expected, "{version}");
    }
}

#[test]
fn interfaces_and_worlds_come_and_go() {
    assert_told(
        "interface i {} world w {}",
        "/// It is.\ninterface j {} world v {}",
        &[
            "breaking interface \"i\": removed; breaks callers and implementers",
            "addition interface \"j\": added",
            "breaking world \"w\": removed; breaks hosts and components",
            "addition world \"v\": added",
        ],
    );
}

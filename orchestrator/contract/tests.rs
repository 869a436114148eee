//! A case for every row of the tables in the module's documentation.

use std::fmt::Write as _;

use super::{Comparison, Level, Subject, SubjectError, compare};
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

const BOTH: &str = "; breaks callers and implementers";

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

fn component(text: &str) -> Subject {
    Subject::of_bytes(&wat::parse_str(text).expect("valid text")).expect("a component")
}

fn with(imports: &[&str], exports: &[&str]) -> Subject {
    let function = "(instance (export \"f\" (func)))";
    let two = "(instance (export \"f\" (func)) (export \"g\" (func)))";
    let mut text = String::from("(component ");
    for name in imports {
        let (name, shape) = name.strip_suffix('+').map_or((*name, function), |name| (name, two));
        let _ = write!(text, "(import \"{name}\" {shape}) ");
    }
    text += "(core module $m (func (export \"f\"))) (core instance $m (instantiate $m)) \
             (func $f (canon lift (core func $m \"f\"))) ";
    for (index, name) in exports.iter().enumerate() {
        let (name, more) =
            name.strip_suffix('+').map_or((*name, ""), |name| (name, "(export \"g\" (func $f))"));
        let instance = format!("(instance $i{index} (export \"f\" (func $f)) {more})");
        let _ = write!(text, "{instance} (export \"{name}\" (instance $i{index})) ");
    }
    component(&(text + ")"))
}

#[test]
fn a_component_offers_and_asks() {
    let table = [
        (
            &[][..],
            &["a:b/i"][..],
            &["a:b/i"][..],
            &["a:b/i"][..],
            "breaking import \"a:b/i\": added; breaks hosts",
        ),
        (&["a:b/i"], &[], &[], &[], "addition import \"a:b/i\": removed"),
        (&[], &[], &[], &["a:b/i"], "addition export \"a:b/i\": added"),
        (&[], &[], &["a:b/i"], &[], "breaking export \"a:b/i\": removed; breaks hosts"),
        (&[], &[], &["a:b/i"], &["a:b/i+"], "addition export \"a:b/i\" → function \"g\": added"),
        (
            &[],
            &[],
            &["a:b/i+"],
            &["a:b/i"],
            "breaking export \"a:b/i\" → function \"g\": removed; breaks hosts",
        ),
        (
            &["a:b/i"],
            &["a:b/i+"],
            &[],
            &[],
            "breaking import \"a:b/i\" → function \"g\": added; breaks hosts",
        ),
        (
            &["a:b/i@1.0.0"],
            &["a:b/i@1.1.0+"],
            &[],
            &[],
            "addition import \"a:b/i@1\": was @1.0.0, is @1.1.0",
        ),
    ];
    for (old_imports, new_imports, old_exports, new_exports, line) in table {
        let old = with(old_imports, old_exports);
        let new = with(new_imports, new_exports);
        let compared = compare(&old, &new).expect("two components");
        assert_eq!(told(&compared), [line]);
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let (one, other) = (subject("package a:b;"), subject("package a:c;"));
    let error = compare(&one, &other).unwrap_err();
    assert_eq!(error.to_string(), "package `a:c` is not another version of package `a:b`");
    let error = compare(&one, &component("(component)")).unwrap_err();
    assert_eq!(error.to_string(), "a component cannot be compared with a WIT package");
    assert!(matches!(
        Subject::of_bytes(&wat::parse_str("(module)").unwrap()),
        Err(SubjectError::NoWit)
    ));
    assert!(matches!(Subject::of_bytes(b"text"), Err(SubjectError::NotWebAssembly { .. })));
}

#[test]
fn a_package_in_binary_form_is_its_text() {
    let text = "package a:b@1.0.0; /// Docs.\ninterface i { use c:d/t.{r}; @since(version = 1.0.0) f: func() -> r; }\n\
                package c:d { interface t { record r { a: u8 } } }";
    let wit = wit::resolve_with_unstable(&[("w.wit".to_owned(), text.to_owned())].into()).unwrap();
    let bytes = wit_component::encode(&wit.resolve, wit.package).unwrap();
    let decoded = Subject::of_bytes(&bytes).expect("a package");
    assert_eq!(told(&compare(&subject(text), &decoded).unwrap()), [""; 0]);
    // What is shown stands by itself.
    assert_eq!(told(&compare(&decoded, &subject(&decoded.wit())).unwrap()), [""; 0]);
}

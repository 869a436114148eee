use crate::component::wit;
use crate::component::world::{Interface, Item, World};

fn interface(text: &str) -> Interface {
    let wit = format!("package a:b; interface i {{ {text} }} world w {{ import i; }}");
    let wit = wit::resolve(&[("w.wit".to_owned(), wit)].into()).expect("resolves");
    let world = World::new(&wit.resolve, wit.select("w").unwrap());
    match world.imports.into_values().next() {
        Some(Item::Interface(interface)) => interface,
        other => panic!("{other:?}"),
    }
}

fn mismatch(expected: &str, found: &str) -> String {
    super::compare_interfaces(&interface(expected), &interface(found)).unwrap_err().to_string()
}

#[test]
fn type_names_do_not_count_but_field_names_do() {
    let one = interface("record a { x: u8 } f: func(p: a);");
    let other = interface("record b { x: u8 } f: func(p: b);");
    super::compare_functions(&one.functions["f"], &other.functions["f"])
        .expect("equal in structure");
    assert_eq!(
        mismatch("record a { x: u8 } f: func(p: a);", "record b { x: u8 } f: func(p: b);"),
        "type \"a\": expected a type, found none of that name",
        "as a member of the interface, it does"
    );
    assert_eq!(
        mismatch("record a { x: u8 } f: func(p: a);", "record a { y: u8 } f: func(p: a);"),
        "function \"f\" → parameter 1 → field 1: expected `x`, found `y`"
    );
}

#[test]
fn the_way_to_the_difference_is_told() {
    assert_eq!(
        mismatch(
            "record a { tags: list<string> } f: func(x: u8, p: a);",
            "record a { tags: list<u32> } f: func(x: u8, p: a);"
        ),
        "function \"f\" → parameter 2 → record field \"tags\" → list element: expected string, found u32"
    );
}

#[test]
fn every_shape_has_its_words() {
    let cases = [
        (
            "f: func();",
            "g: func();",
            "function \"f\": expected a function, found none of that name",
        ),
        ("f: func(a: u8);", "f: func();", "function \"f\": expected 1 parameter (`a`), found none"),
        (
            "f: func(a: u8);",
            "f: func(b: u8);",
            "function \"f\" → parameter 1: expected the name `a`, found the name `b`",
        ),
        ("f: func() -> u8;", "f: func();", "function \"f\" → result: expected u8, found nothing"),
        (
            "f: func() -> result<u8, string>;",
            "f: func() -> result<u8>;",
            "function \"f\" → result → error of result: expected string, found nothing",
        ),
        (
            "f: func() -> tuple<u8, u16>;",
            "f: func() -> tuple<u8, s16>;",
            "function \"f\" → result → tuple element 2: expected u16, found s16",
        ),
        (
            "f: func() -> option<u8>;",
            "f: func() -> option<char>;",
            "function \"f\" → result → option: expected u8, found char",
        ),
        (
            "enum e { a, b } f: func() -> e;",
            "enum e { a } f: func() -> e;",
            "function \"f\" → result: expected 2 enum cases, found 1, without `b`",
        ),
        (
            "variant v { a(u8) } f: func() -> v;",
            "variant v { a } f: func() -> v;",
            "function \"f\" → result → variant case \"a\": expected u8, found nothing",
        ),
        (
            "record r { a: u8 } f: func() -> r;",
            "f: func() -> u8;",
            "function \"f\" → result: expected record `r`, found u8",
        ),
        (
            "f: async func();",
            "f: func();",
            "function \"f\": expected an async function, found a function",
        ),
        (
            "resource r; f: func();",
            "f: func();",
            "resource \"r\": expected a resource, found none of that name",
        ),
    ];
    for (expected, found, said) in cases {
        assert_eq!(mismatch(expected, found), said);
    }
}

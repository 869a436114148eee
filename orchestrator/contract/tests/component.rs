//! Components, and contracts in binary form.

use std::fmt::Write as _;

use super::{subject, told};
use crate::component::wit;
use crate::contract::{Subject, SubjectError, compare};

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
fn bytes_over_which_the_library_breaks_down_are_refused() {
    let component = "(component
        (import \"a:b/i\" (instance $i
            (export \"r\" (type $r (sub resource)))
            (export \"[constructor]r\" (func (result (own $r))))))
        (export \"a:b/i\" (instance $i)))";
    let error = Subject::of_bytes(&wat::parse_str(component).expect("valid text")).unwrap_err();
    let SubjectError::Undecodable { cause } = error else { panic!("{error:?}") };
    let said = cause.to_string();
    assert!(said.starts_with("the library that reads WIT broke down over it: "), "{said}");
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

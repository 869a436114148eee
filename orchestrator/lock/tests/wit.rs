//! WIT, held against what is locked of it.

use super::*;

/// A pipeline that asks for a package of WIT and says nothing of it in its text.
const MANIFEST: &str = "[pipeline]\nname = 'p'\nwit = 'wit'\n\
    [component.c]\npath = 'c'\ntoolchain = 't'\n[wit-dependencies]\n";

/// In what its lock differs from what lies in `deps/` and in the directory `a`.
fn wit_differences(
    lock: &Lock,
    dependencies: &str,
    deps: &[(&str, &str)],
    held: Option<&str>,
) -> Vec<String> {
    let text = format!("{MANIFEST}{dependencies}");
    let manifest = crate::manifest::Manifest::parse("pipeline.toml", &text).expect("a manifest");
    let mut source: crate::component::wit::Source =
        deps.iter().map(|(place, text)| (format!("deps/{place}/a.wit"), (*text).into())).collect();
    source.insert("p.wit".to_owned(), "package p:p;".to_owned());
    let held = held.map(|text| ("a".to_owned(), digest_of(&one_file(text))));
    let here = Present { held: held.into_iter().collect(), ..present(&[], &[]) };
    said(&lock.differences(&here.with_wit(&manifest, [("wit", &source)].into_iter(), lock)))
}

fn one_file(text: &str) -> crate::component::wit::Source {
    [("a.wit".to_owned(), text.to_owned())].into()
}

/// An entry whose text was written as the directory, or the registry, has it.
fn written(name: &str, version: Option<&str>, origin: Origin, text: &str) -> LockedPackage {
    let text = digest_of(&one_file(text));
    LockedPackage { digest: text, text, ..package(name, version, origin) }
}

const A: &str = "package a:a;\n";

#[test]
fn wit_is_held_against_its_entries_where_it_lies() {
    let lock = Lock::default().with_wit(vec![written("a:a", None, Origin::Path("a".into()), A)]);
    let differences = |lock: &Lock, deps: &[(&str, &str)]| {
        wit_differences(lock, "'a:a' = { path = 'a' }", deps, Some(A))
    };
    assert_eq!(differences(&lock, &[("a_a", A)]), Vec::<String>::new());
    let other = differences(&lock, &[("a_a", "package a:a;")]);
    assert!(other[0].starts_with("the text of package `a:a` is `sha256:"), "{other:?}");
    assert_eq!(
        differences(&Lock::default(), &[("a_a", A)]),
        ["package `a:a` is not in it", "package `deps/a_a` is not in it"]
    );
    // What people put there by hand is theirs, whatever they call it.
    let by_hand = [("a_a", A), ("mine", "package x:x;"), ("x_y", "package x:mine;")];
    assert_eq!(differences(&lock, &by_hand), Vec::<String>::new());
    assert_eq!(
        differences(&lock, &[("a_a", A), ("x_y", "package x:y;")]),
        ["package `deps/x_y` is not in it"]
    );
}

#[test]
fn wit_is_held_against_what_the_manifest_asks_for() {
    let text = "package a:a@0.1.0;\n";
    let registry = Origin::Registry("example.org".into());
    let entry = written("a:a", Some("0.1.0"), registry, text);
    let lock = Lock::default().with_wit(vec![entry]);
    let differences = |dependencies: &str, deps: &[(&str, &str)]| {
        wit_differences(&lock, dependencies, deps, Some(text))
    };
    let there = [("a_a-0.1.0", text)];
    let registries = "\n[wit-registries]\na = 'example.org'";
    let asked = format!("'a:a' = '0.1.0'{registries}");
    assert_eq!(differences(&asked, &there), Vec::<String>::new());
    assert_eq!(
        differences(&format!("'a:a' = '0.2.0'{registries}"), &there),
        ["package `a:a@0.2.0` is not in it", "package `a:a@0.1.0` is in it, and nothing needs it"]
    );
    let origin = "the origin of package `a:a@0.1.0` is `registry = example.org` in it, and";
    assert_eq!(
        differences("'a:a' = '0.1.0'\n[wit-registries]\na = 'example.com'", &there),
        [format!("{origin} `registry = example.com` here")]
    );
    assert_eq!(
        differences("'a:a' = { path = 'a' }", &there),
        [format!("{origin} `path = a` here")]
    );
    assert_eq!(
        differences(&asked, &[]),
        ["package `a:a@0.1.0` is in it, and its files are not here"]
    );
    assert_eq!(differences("", &there), ["package `a:a@0.1.0` is in it, and nothing needs it"]);
    // Another one that is there uses it.
    let user = ("mine", "package x:x;\nworld w { import a:a/i@0.1.0; }");
    assert_eq!(differences("", &[there[0], user]), Vec::<String>::new());
}

#[test]
fn wit_of_a_directory_is_held_against_what_it_holds_by_now() {
    let lock = Lock::default().with_wit(vec![written("a:a", None, Origin::Path("a".into()), A)]);
    let differences =
        |held| wit_differences(&lock, "'a:a' = { path = 'a' }", &[("a_a", A)], held).join("\n");
    assert_eq!(differences(Some(A)), "");
    let was = digest_of(&one_file(A));
    let content = format!("the content of package `a:a` is `{was}` in it, and `");
    let is = digest_of(&one_file("package a:a;"));
    assert_eq!(differences(Some("package a:a;")), format!("{content}{is}` here"));
    assert_eq!(differences(None), format!("{content}nothing` here"));
}

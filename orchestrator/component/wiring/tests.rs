use super::*;
use crate::component::adapt::adapt;
use crate::component::wit;

fn part(name: &str, items: &str) -> Part<'static> {
    let bytes = wat::parse_str(format!("(component {items})")).expect("parses");
    Part::new(name, bytes).expect("decodes")
}

/// A component that imports and exports interfaces with one function `f` without parameters.
fn simple(name: &str, imports: &[&str], exports: &[&str]) -> Part<'static> {
    let import = |name: &&str| format!("(import \"{name}\" (instance (export \"f\" (func))))\n");
    let export = |name: &&str| format!("(export \"{name}\" (instance $i))\n");
    let mut text: String = imports.iter().map(import).collect();
    text += "(core module $m (func (export \"f\"))) (core instance $c (instantiate $m))
        (func $f (canon lift (core func $c \"f\"))) (instance $i (export \"f\" (func $f)))\n";
    text.extend(exports.iter().map(export));
    part(name, &text)
}

fn link(import: &str, export: &str) -> ExplicitLink {
    ExplicitLink { import: import.to_owned(), export: export.to_owned() }
}

fn error(parts: &[Part<'_>], links: &[ExplicitLink]) -> (String, String) {
    let error = wire(parts, None, links).unwrap_err();
    let help = miette::Diagnostic::help(&error).map(|help| help.to_string()).unwrap_or_default();
    (error.to_string(), help)
}

#[test]
fn equal_names_meet_and_the_one_that_nobody_needs_is_the_root() {
    let parts = [simple("b", &[], &["x:y/z"]), simple("a", &["x:y/z"], &["p:q/r"])];
    let wiring = wire(&parts, None, &[]).unwrap();
    assert_eq!(
        (wiring.root.as_str(), &wiring.order[..]),
        ("a", &["b".to_owned(), "a".to_owned()][..])
    );
    assert_eq!(
        serde_json::to_value(&wiring.links).unwrap(),
        serde_json::json!([
            {"consumer": "a", "import": "x:y/z", "provider": "b", "export": "x:y/z", "reason": "exact-name"}
        ])
    );
}

#[test]
fn an_exact_name_goes_before_a_compatible_version() {
    let consumer = simple("a", &["x:y/z@0.2.0"], &[]);
    let newer = simple("b", &[], &["x:y/z@0.2.3"]);
    let wiring = wire(&[consumer.clone(), newer.clone()], None, &[]).unwrap();
    assert_eq!(wiring.links[0].reason, Reason::CompatibleVersion);

    let exact = simple("c", &[], &["x:y/z@0.2.0"]);
    let flow = FlowComponent { part: simple("flow", &[], &[]), links: vec![] };
    let wiring = wire(&[consumer, newer, exact], Some(&flow), &[]).unwrap();
    assert_eq!(wiring.unused, ["a", "b", "c"], "a flow is the root, whatever else is there");
}

#[test]
fn versions_are_compatible_as_wit_says() {
    for (import, export, fits) in [
        ("1.0.0", "1.4.2", true),
        ("1.4.2", "1.0.0", true),
        ("1.0.0", "2.0.0", false),
        ("0.1.0", "0.2.0", false),
        ("0.1.0", "0.1.9", true),
        ("0.0.1", "0.0.2", false),
        ("1.0.0-rc.1", "1.0.0", false),
    ] {
        let parts = [
            simple("a", &[&format!("x:y/z@{import}")], &[]),
            simple("b", &[], &[&format!("x:y/z@{export}")]),
        ];
        assert_eq!(wire(&parts, None, &[]).is_ok(), fits, "{import} {export}");
    }
}

#[test]
fn two_candidates_need_a_link_and_the_help_writes_it() {
    let parts =
        [simple("a", &["x:y/z"], &[]), simple("b", &[], &["x:y/z"]), simple("c", &[], &["x:y/z"])];
    let (text, help) = error(&parts, &[]);
    assert_eq!(
        text,
        "component `a` imports `x:y/z`, which several components export: `b/x:y/z`, `c/x:y/z`"
    );
    assert_eq!(help, r#"say which one in `[link]`, such as: "a/x:y/z" = "b/x:y/z""#);
    let flow = FlowComponent {
        part: simple("flow", &[], &[]),
        links: vec![Link {
            consumer: "flow".into(),
            import: "a".into(),
            provider: "a".into(),
            export: None,
            reason: Reason::Flow,
        }],
    };
    let wiring = wire(&parts, Some(&flow), &[link("a/x:y/z", "c")]).unwrap();
    assert_eq!(
        (wiring.links[0].provider.as_str(), wiring.links[0].reason),
        ("c", Reason::Explicit)
    );
    assert_eq!(wiring.unused, ["b"]);
}

#[test]
fn nobody_is_an_error_with_the_nearest_name() {
    let parts = [simple("a", &["x:y/store"], &[]), simple("b", &[], &["x:y/storee"])];
    let (text, help) = error(&parts, &[]);
    assert_eq!(text, "component `a` imports `x:y/store`, which nothing provides");
    assert!(help.contains(r#""a/x:y/store" = "b/x:y/storee""#), "{help}");
    wire(&parts, None, &[link("a/x:y/store", "b/x:y/storee")]).expect("as the help says");
}

#[test]
fn a_component_never_meets_its_own_import() {
    let (text, _) = error(&[simple("a", &["x:y/z"], &["x:y/z"])], &[]);
    assert_eq!(text, "component `a` imports `x:y/z`, which nothing provides");
    let (text, _) = error(&[simple("a", &["x:y/z"], &["x:y/z"])], &[link("a/x:y/z", "a")]);
    assert_eq!(text, "link `a/x:y/z` meets an import of component `a` by its own export");
}

#[test]
fn a_circle_is_named_in_full() {
    let parts = [
        simple("a", &["x:y/b"], &["x:y/a"]),
        simple("b", &["x:y/c"], &["x:y/b"]),
        simple("c", &["x:y/a"], &["x:y/c"]),
    ];
    assert_eq!(
        error(&parts, &[]).0,
        "components need each other in a circle: a → b (x:y/b) → c (x:y/c) → a (x:y/a)"
    );
}

#[test]
fn several_roots_are_named() {
    let (text, help) = error(&[simple("a", &[], &[]), simple("b", &[], &[])], &[]);
    assert_eq!(
        text,
        "no component needs `a`, `b`, so that each of them could be the one to export"
    );
    assert!(help.contains("[flow.NAME]"), "{help}");
    assert!(matches!(wire(&[], None, &[]), Err(WiringError::Nothing)));
}

#[test]
fn a_mismatch_shows_the_way_to_it() {
    let built = |name: &str, ty: &str, module: &str| {
        let wit = format!(
            "package x:y; interface z {{ record r {{ tags: list<{ty}> }} f: func(a: u8, b: r); }}
             world consumer {{ import z; }} world provider {{ export z; }}"
        );
        let wit = wit::resolve(&[("w.wit".to_owned(), wit)].into()).unwrap();
        let module = wat::parse_str(module).unwrap();
        Part::new(name, adapt(&module, Some((&wit, name))).expect("adapts").into_owned()).unwrap()
    };
    let memory = r#"(memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)"#;
    let consumer = built(
        "consumer",
        "string",
        &format!(r#"(module (import "x:y/z" "f" (func (param i32 i32 i32))) {memory})"#),
    );
    let provider = built(
        "provider",
        "u32",
        &format!(r#"(module (func (export "x:y/z#f") (param i32 i32 i32)) {memory})"#),
    );
    assert_eq!(
        error(&[consumer, provider], &[]).0,
        "component `consumer` imports `x:y/z`, but the `x:y/z` of component `provider` differs: \
         x:y/z/f → parameter 2 → record field \"tags\" → list element: expected string, found u32"
    );
}

#[test]
fn links_that_point_nowhere_are_told_with_what_is_there() {
    let parts = [simple("a", &["x:y/z"], &[]), simple("bee", &[], &["x:y/z"])];
    assert_eq!(
        error(&parts, &[link("a/x:y/z", "be")]),
        (
            "link `a/x:y/z` names component `be`, which does not exist".into(),
            "did you mean `bee`?".into()
        )
    );
    assert_eq!(error(&parts, &[link("a/x:y/zz", "bee")]).1, "did you mean `x:y/z`?");
    assert_eq!(error(&parts, &[link("a/x:y/z", "bee/x:y/q")]).1, "did you mean `x:y/z`?");
    let twice = [link("a/x:y/z", "bee"), link("a/x:y/z", "bee")];
    assert_eq!(
        error(&parts, &twice).0,
        "link `a/x:y/z` is about an import that another link meets already"
    );
}

#[test]
fn wasi_and_types_stay() {
    let parts = [part(
        "a",
        "(import \"wasi:cli/environment@0.2.3\" (instance (export \"f\" (func))))
         (import \"x:y/types\" (instance (type u8) (export \"t\" (type (eq 0)))))",
    )];
    let wiring = wire(&parts, None, &[]).unwrap();
    assert!(wiring.links.is_empty());
    assert_eq!(wiring.root, "a");
    let left: Vec<_> = wiring.left.iter().map(|(name, left)| (name.as_str(), left.to)).collect();
    assert_eq!(left, [("wasi:cli/environment@0.2.3", LeftTo::Host), ("x:y/types", LeftTo::Nobody)]);
}

/// Owns a resource `token` in `a:b/tokens`.
const OWNER: &str = r#"
    (type $t' (resource (rep i32)))
    (core func $new (canon resource.new $t'))
    (core module $m (import "" "new" (func (param i32) (result i32)))
        (func (export "make") (result i32) (call 0 (i32.const 5))))
    (core instance $c (instantiate $m (with "" (instance (export "new" (func $new))))))
    (component $shim
        (import "t" (type $t (sub resource)))
        (import "make" (func $make (result (own $t))))
        (export $t2 "token" (type $t))
        (export "make" (func $make) (func (result (own $t2)))))
    (func $make (result (own $t')) (canon lift (core func $c "make")))
    (instance $i (instantiate $shim (with "t" (type $t')) (with "make" (func $make))))
    (export "a:b/tokens" (instance $i))"#;

/// What a component that uses the resource imports.
const TOKENS: &str = r#"(import "a:b/tokens" (instance $tokens
    (export "token" (type (sub resource))) (export "make" (func (result (own 0))))))
    (alias export $tokens "token" (type $token))"#;

/// Exports an interface of the function `pass`, which hands out a token of another component.
fn passing(name: &str, export: &str) -> Part<'static> {
    part(
        name,
        &format!(
            r#"{TOKENS}
            (alias export $tokens "make" (func $make))
            (component $shim
                (import "t" (type $t (sub resource)))
                (import "pass" (func $pass (result (own $t))))
                (export $t2 "token" (type $t))
                (export "pass" (func $pass) (func (result (own $t2)))))
            (instance $i (instantiate $shim (with "t" (type $token)) (with "pass" (func $make))))
            (export "{export}" (instance $i))"#
        ),
    )
}

/// Takes tokens from their owner and from one who passes them on.
fn root() -> Part<'static> {
    part(
        "root",
        &format!(
            r#"{TOKENS}
            (import "a:b/middle" (instance (alias outer 1 $token (type $t))
                (export "token" (type (eq $t))) (export "pass" (func (result (own $t))))))"#
        ),
    )
}

#[test]
fn a_resource_that_reaches_a_component_in_two_ways_has_one_owner() {
    let parts = [root(), passing("middle", "a:b/middle"), part("owner", OWNER)];
    let wiring = wire(&parts, None, &[]).expect("one owner");
    assert_eq!(wiring.order, ["owner", "middle", "root"]);

    let parts = [root(), passing("middle", "a:b/middle"), part("owner", OWNER), part("b", OWNER)];
    let links = [link("root/a:b/tokens", "b"), link("middle/a:b/tokens", "owner")];
    let (text, help) = error(&parts, &links);
    assert_eq!(
        text,
        "component `root` imports `a:b/middle`, but the `a:b/middle` of component `middle` differs: \
         a:b/middle/pass → result: expected resource `token` of component `b` (a:b/tokens), \
         found resource `token` of component `owner` (a:b/tokens)"
    );
    assert_eq!(
        help,
        "let both have it from one component, in `[link]`: \"middle/a:b/tokens\" = \"b/a:b/tokens\""
    );
    let links = [link("root/a:b/tokens", "b"), link("middle/a:b/tokens", "b/a:b/tokens")];
    wire(&parts, None, &links).expect_err("`owner` is a root then, beside `root`");
    wire(&parts[..3], None, &[]).expect("as the help says");
}

#[test]
fn a_resource_that_is_split_between_a_component_and_the_host_is_refused() {
    let split = part(
        "root",
        &format!(
            r#"{TOKENS}
            (import "wasi:io/streams@0.2.0" (instance
                (alias outer 1 $token (type $t')) (export "token" (type $t (eq $t')))
                (export "use" (func (param "token" (own $t))))))"#
        ),
    );
    assert_eq!(
        error(&[split, part("owner", OWNER)], &[]).0,
        "component `root` leaves `wasi:io/streams@0.2.0` to the host, but that uses resource `token` \
         of `a:b/tokens`, which component `owner` provides"
    );
}

#[test]
fn what_the_root_hands_out_of_others_is_exposed() {
    let parts = [passing("root", "a:b/middle"), part("owner", OWNER)];
    let wiring = wire(&parts, None, &[]).unwrap();
    let exposed = Exposed { provider: "owner".into(), export: "a:b/tokens".into() };
    assert_eq!(wiring.exposed, [exposed]);
}

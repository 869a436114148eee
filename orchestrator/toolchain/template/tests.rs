use poly_cache::Digest;

use super::*;

fn values() -> Values {
    let tinygo = FoundTool {
        name: "tinygo".into(),
        path: "/opt/tinygo/bin/tinygo".into(),
        version: "0.41.1".into(),
        digest: Digest::of(b"tinygo"),
        variant: Some("wasip1".into()),
        cache: "/cache/tinygo-1".into(),
    };
    Values {
        name: "app".into(),
        world: Some("sink".into()),
        wit: None,
        profile: Profile::Release,
        root: "/copy".into(),
        component: "/copy/[a]".into(),
        build: "/build".into(),
        output: "/out/app.wasm".into(),
        user: UserDirectories {
            home: "/home/somebody".into(),
            cargo_home: "/cargo".into(),
            rustup_home: "/rustup".into(),
            config_home: "/config".into(),
        },
        tools_path: "/opt/tinygo/bin:/usr/bin".into(),
        tools: IndexMap::from([("tinygo".to_owned(), tinygo)]),
        options: BTreeMap::from([("module".to_owned(), "app".to_owned())]),
    }
}

fn expand(text: &str) -> Result<String, ExpandError> {
    Template::parse(text).unwrap().expand(&values())
}

#[test]
fn every_placeholder_has_its_value() {
    for (text, expected) in [
        ("", ""),
        ("plain", "plain"),
        ("{world}", "sink"),
        ("{component}", "/copy/[a]"),
        ("{root}", "/copy"),
        ("{name}-{profile}.wasm", "app-release.wasm"),
        ("{build}/x", "/build/x"),
        ("{output}", "/out/app.wasm"),
        ("{home}", "/home/somebody"),
        ("{cargo-home} {rustup-home} {config-home}", "/cargo /rustup /config"),
        ("{tool:tinygo}", "/opt/tinygo/bin/tinygo"),
        ("{variant:tinygo}", "wasip1"),
        ("{cache:tinygo}/x", "/cache/tinygo-1/x"),
        ("{prefix:tinygo}/x", "/opt/tinygo/x"),
        ("{tools-path}", "/opt/tinygo/bin:/usr/bin"),
        ("{option:module}", "app"),
        ("{{{name}}} {{}}", "{app} {}"),
    ] {
        assert_eq!(expand(text).as_deref(), Ok(expected));
        assert_eq!(Template::parse(text).unwrap().text(), text);
    }
}

#[test]
fn a_glob_takes_values_as_they_are() {
    let template = Template::parse("{component}/*.wasm").unwrap();
    let glob = template.expand_glob(&values()).unwrap();
    let matcher = globset::Glob::new(&glob).unwrap().compile_matcher();
    assert!(matcher.is_match("/copy/[a]/x.wasm"));
    assert!(!matcher.is_match("/copy/a/x.wasm"));
}

#[test]
fn what_is_absent_is_an_error() {
    let template = |text: &str| text.to_owned();
    assert_eq!(expand("{wit}"), Err(ExpandError::NoWit { template: template("{wit}") }));
    for text in ["{tool:go}", "{variant:go}", "{option:other}", "{flags:build}"] {
        assert_eq!(expand(text), Err(ExpandError::Absent { template: template(text) }));
    }
    let without = Values { world: None, ..values() };
    let error = Template::parse("--world={world}").unwrap().expand(&without).unwrap_err();
    assert_eq!(error, ExpandError::NoWorld { template: template("--world={world}") });
}

#[test]
fn what_is_malformed_is_pointed_at() {
    for (text, at, message, help) in [
        ("a {wrold}", 2..9, "unknown placeholder `{wrold}`", "did you mean `{world}`?"),
        ("{tol:go}", 0..8, "unknown placeholder `{tol:go}`", "did you mean `{tool:go}`?"),
        ("{flag:x}", 0..8, "unknown placeholder `{flag:x}`", "did you mean `{flags:x}`?"),
        (
            "{}",
            0..2,
            "unknown placeholder `{}`",
            "the placeholders are: world, wit, component, root, name, profile, build, output, \
             home, cargo-home, rustup-home, config-home, tools-path, tool, prefix, cache, variant, option, flags",
        ),
        ("{tool}", 0..6, "`{tool}` lacks a name", "write `{tool:NAME}`"),
        (
            "{world",
            0..1,
            "a `{` without its counterpart",
            "a brace of the text's own is written twice: `{{`",
        ),
        (
            "x}",
            1..2,
            "a `}` without its counterpart",
            "a brace of the text's own is written twice: `}}`",
        ),
        (
            "-x{flags:build}",
            0..15,
            "`{flags:NAME}` stands for several arguments, not for a part of one",
            "make it an argument of its own",
        ),
    ] {
        let expected =
            MalformedTemplate { at, message: message.to_owned(), help: Some(help.to_owned()) };
        assert_eq!(Template::parse(text), Err(expected), "{text}");
    }
}

use wasmparser::{Parser, Payload, Validator};

use super::*;

fn facts() -> Facts {
    let mut build = Fingerprint::new("build");
    build.inputs.insert("c/main.go".to_owned(), Digest::of(b"main"));
    build.inputs.insert("compose".to_owned(), Digest::of(b"a file of that name"));
    let mut compose = Fingerprint::new("compose");
    compose.inputs.insert("build c".to_owned(), Digest::of(b"built"));
    compose.libraries.insert("flow".to_owned(), "3".to_owned());
    let crate_digest = Digest::of(b"crate");
    compose.libraries.insert("wac-graph".to_owned(), format!("0.12.0 {crate_digest}"));
    let component = |name: &str, known: Known| Component {
        name: name.to_owned(),
        language: "go".to_owned(),
        toolchain: "tinygo".to_owned(),
        world: None,
        adapted: Digest::of(name.as_bytes()),
        packages: BTreeSet::new(),
        known,
    };
    let done = |action: &str, fingerprint: &Fingerprint| Done {
        action: action.to_owned(),
        fingerprint: fingerprint.clone(),
        made: Digest::of(action.as_bytes()),
    };
    let tool = |name: &str, is_executable: bool| Tool {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        from: "PATH".to_owned(),
        digest: Digest::of(name.as_bytes()),
        is_executable,
    };
    Facts {
        pipeline: "p".to_owned(),
        version: None,
        manifest: serde_json::json!({ "pipeline": { "name": "p" } }),
        composed: Digest::of(b"composed"),
        components: vec![
            component("c", Known::Locked),
            component("d", Known::Incomplete),
            component("e", Known::Unknown),
        ],
        actions: vec![done("build c", &build), done("compose", &compose)],
        tools: vec![tool("go", true), tool("snake", false)],
        wit: Vec::new(),
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_bill_says_what_it_does_not_know() {
    let bill = parsed(&bom(&facts()));
    assert_eq!(
        bill["compositions"],
        serde_json::json!([
            { "aggregate": "incomplete", "dependencies": ["component/d"] },
            { "aggregate": "unknown", "dependencies": ["component/e"] },
        ])
    );
    let all_known = Facts { components: facts().components[..1].to_vec(), ..facts() };
    assert!(parsed(&bom(&all_known)).get("compositions").is_none());
}

/// A digest of several files is nobody's SHA-256.
#[test]
fn only_an_executable_has_the_digest_of_a_file() {
    let bill = parsed(&bom(&facts()));
    let makers = bill["formulation"][0]["components"].as_array().expect("a list");
    assert!(makers[0].get("hashes").is_some() && makers[1].get("hashes").is_none(), "{makers:?}");
    let statement = parsed(&statement(&facts()));
    let used = &statement["predicate"]["buildDefinition"]["resolvedDependencies"];
    let digests: Vec<(&str, &String)> = used
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|used| {
            let digests = used.get("digest")?.as_object()?;
            Some((used["name"].as_str()?, digests.keys().next()?))
        })
        .collect();
    let digests: Vec<String> =
        digests.iter().map(|(name, function)| format!("{name}: {function}")).collect();
    assert_eq!(
        digests,
        [
            "c/main.go: sha256",
            "compose: sha256",
            "tool go: sha256",
            "tool snake: polyIdentity",
            "library wac-graph: sha256",
        ],
        "artifacts are no inputs"
    );
}

#[test]
fn a_component_with_both_in_it_is_valid_and_otherwise_the_same() {
    let component = wat::parse_str("(component (core module))").expect("valid text");
    let bytes = embedded(&component, "a bill", "a statement");
    Validator::new().validate_all(&bytes).expect("a valid component");
    assert!(bytes.starts_with(&component));
    let sections: Vec<(String, Vec<u8>)> = Parser::new(0)
        .parse_all(&bytes)
        .filter_map(|payload| match payload.expect("a section") {
            Payload::CustomSection(section) => {
                Some((section.name().to_owned(), section.data().to_vec()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        sections,
        [
            (BOM_SECTION.to_owned(), b"a bill".to_vec()),
            (STATEMENT_SECTION.to_owned(), b"a statement".to_vec()),
        ]
    );
    assert_eq!(bytes, embedded(&component, "a bill", "a statement"));
}

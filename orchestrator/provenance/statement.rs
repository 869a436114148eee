//! The statement of provenance: an in-toto Statement v1 with the predicate SLSA provenance v1.
//!
//! | in the statement | is |
//! |---|---|
//! | `subject` | the composed component, and each component as it was composed |
//! | `externalParameters` | the manifest |
//! | `internalParameters` | each action: its key, what it made, and what is in its key beside digests |
//! | `resolvedDependencies` | every file that was read, every tool, every library inside poly |
//! | `runDetails` | poly and its version; nothing of the run |
//!
//! It is not signed. Whoever runs poly where others trust it signs it, as an envelope of their own.

use serde_json::{Value, json};

use super::purl::purl;
use super::{Done, Facts, Tool, text};
use crate::lock::{Checksum, LockedLibrary};

/// What kind of build it is. The address leads nowhere, and to nobody else: what it means stands in
/// docs/provenance.md.
pub const BUILD_TYPE: &str = "https://poly.invalid/build/v1";

/// Who built it: whoever ran poly, which is all that poly knows.
const BUILDER: &str = "https://poly.invalid/builder/local";

/// The statement of provenance of a build.
pub fn statement(facts: &Facts) -> String {
    let actions: Vec<Value> = facts.actions.iter().map(action).collect();
    text(&json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects(facts),
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": { "manifest": facts.manifest },
                "internalParameters": { "actions": actions },
                "resolvedDependencies": dependencies(facts),
            },
            "runDetails": {
                "builder": {
                    "id": BUILDER,
                    "version": { "poly": env!("CARGO_PKG_VERSION") },
                },
            },
        },
    }))
}

fn subjects(facts: &Facts) -> Vec<Value> {
    let composed = (format!("{}.wasm", facts.pipeline), facts.composed);
    let components = facts.components.iter();
    let components =
        components.map(|component| (format!("component/{}", component.name), component.adapted));
    let subjects = std::iter::once(composed).chain(components);
    subjects
        .map(|(name, digest)| json!({ "name": name, "digest": { "sha256": digest.to_string() } }))
        .collect()
}

fn action(Done { action, fingerprint, made }: &Done) -> Value {
    let mut value = json!({
        "action": action,
        "key": fingerprint.key().to_string(),
        "made": made.to_string(),
        "schema": fingerprint.schema,
    });
    if !fingerprint.steps.is_empty() {
        value["steps"] = json!(fingerprint.steps);
    }
    if !fingerprint.environment.is_empty() {
        value["environment"] = json!(fingerprint.environment);
    }
    if !fingerprint.settings.is_empty() {
        value["settings"] = json!(fingerprint.settings);
    }
    value
}

fn dependencies(facts: &Facts) -> Vec<Value> {
    let inputs = facts.inputs().into_iter();
    let files = inputs
        .map(|(name, digest)| json!({ "name": name, "digest": { "sha256": digest.to_string() } }));
    let libraries = LockedLibrary::all(&facts.libraries());
    files.chain(facts.tools.iter().map(tool)).chain(libraries.iter().map(library)).collect()
}

fn tool(Tool { name, version, from, digest, is_executable }: &Tool) -> Value {
    // Of several files it is no digest of a resource.
    let function = if *is_executable { "sha256" } else { "polyIdentity" };
    json!({
        "name": format!("tool {name}"),
        "digest": { function: digest.to_string() },
        "annotations": { "version": version, "from": from },
    })
}

fn library(LockedLibrary { name, version, checksum }: &LockedLibrary) -> Value {
    let named = format!("library {name}");
    match checksum.as_ref().and_then(Checksum::sha256) {
        Some(digest) => json!({
            "name": named,
            "uri": purl("cargo", name, version, &[]),
            "digest": { "sha256": digest.to_string() },
        }),
        // A part of poly's own.
        None => json!({ "name": named, "uri": format!("https://poly.invalid/{name}/{version}") }),
    }
}

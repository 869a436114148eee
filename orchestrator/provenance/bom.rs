//! The bill of materials: CycloneDX 1.6, JSON.
//!
//! | in the bill | is |
//! |---|---|
//! | `metadata.component` | the composed component |
//! | `components` | the pipeline's components, packages of lock files, packages of WIT |
//! | `dependencies` | the composed component of the others, each of those of its packages |
//! | `compositions` | components of which no lock file tells the packages, or not all |
//! | `formulation` | tools that builds started, and libraries inside poly |
//!
//! It has no serial number and no timestamp, which are optional: a bill of the same is the same.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::purl::purl;
use super::{Component, Facts, Known, Package, Tool, WitPackage, text};
use crate::lock::{Checksum, LockedLibrary};

/// The bill of materials of a build.
pub fn bom(facts: &Facts) -> String {
    let mut composed = json!({
        "type": "application",
        "bom-ref": "composed",
        "name": facts.pipeline,
        "mime-type": "application/wasm",
        "hashes": [{ "alg": "SHA-256", "content": facts.composed.to_string() }],
    });
    if let Some(version) = &facts.version {
        composed["version"] = json!(version);
    }
    let mut bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "lifecycles": [{ "phase": "build" }],
            "tools": { "components": [poly()] },
            "component": composed,
        },
        "components": components(facts),
        "dependencies": dependencies(facts),
        "formulation": [{ "bom-ref": "formula", "components": makers(facts) }],
    });
    let compositions = compositions(facts);
    if !compositions.is_empty() {
        bill["compositions"] = json!(compositions);
    }
    text(&bill)
}

fn poly() -> Value {
    json!({ "type": "application", "name": "poly", "version": env!("CARGO_PKG_VERSION") })
}

fn components(facts: &Facts) -> Vec<Value> {
    let own = facts.components.iter().map(component);
    let packages: BTreeMap<&str, &Package> = facts
        .components
        .iter()
        .flat_map(|component| &component.packages)
        .map(|package| (package.purl.as_str(), package))
        .collect();
    let packages = packages.into_values().map(package);
    own.chain(packages).chain(facts.wit.iter().map(wit)).collect()
}

fn component(component: &Component) -> Value {
    let mut properties = vec![("poly:language", component.language.as_str())];
    properties.push(("poly:toolchain", &component.toolchain));
    properties.extend(component.world.iter().map(|world| ("poly:world", world.as_str())));
    json!({
        "type": "application",
        "bom-ref": reference(component),
        "name": component.name,
        "mime-type": "application/wasm",
        "hashes": [{ "alg": "SHA-256", "content": component.adapted.to_string() }],
        "properties": self::properties(&properties),
    })
}

fn package(Package { purl, name, version, hashes, sum }: &Package) -> Value {
    let mut package = json!({
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
    });
    if !hashes.is_empty() {
        let hashes = hashes.iter().map(|(alg, content)| json!({ "alg": alg, "content": content }));
        package["hashes"] = hashes.collect();
    }
    if let Some(sum) = sum {
        package["properties"] = properties(&[("poly:go-sum", sum)]);
    }
    package
}

fn wit(package: &WitPackage) -> Value {
    let mut wit = json!({
        "type": "data",
        "bom-ref": wit_reference(package),
        "name": package.name,
        "mime-type": "text/wit",
    });
    if let Some(version) = &package.version {
        wit["version"] = json!(version);
    }
    if let Some((origin, digest)) = &package.fetched {
        wit["hashes"] = json!([{ "alg": "SHA-256", "content": digest.to_string() }]);
        wit["properties"] = properties(&[("poly:from", origin)]);
    }
    wit
}

/// Who depends on what: the composed component on its components and their WIT, each of those on
/// its packages. Which package uses which, the bill does not say.
fn dependencies(facts: &Facts) -> Vec<Value> {
    let mut all: Vec<String> = facts.components.iter().map(reference).collect();
    all.extend(facts.wit.iter().map(wit_reference));
    let mut dependencies = vec![json!({ "ref": "composed", "dependsOn": all })];
    for component in &facts.components {
        let packages: Vec<&str> =
            component.packages.iter().map(|package| package.purl.as_str()).collect();
        dependencies.push(json!({ "ref": reference(component), "dependsOn": packages }));
    }
    dependencies
}

fn compositions(facts: &Facts) -> Vec<Value> {
    let mut compositions = Vec::new();
    for (known, aggregate) in [(Known::Incomplete, "incomplete"), (Known::Unknown, "unknown")] {
        let of = facts.components.iter().filter(|component| component.known == known);
        let of: Vec<String> = of.map(reference).collect();
        if !of.is_empty() {
            compositions.push(json!({ "aggregate": aggregate, "dependencies": of }));
        }
    }
    compositions
}

/// The tools, and the libraries inside poly.
fn makers(facts: &Facts) -> Vec<Value> {
    let libraries = LockedLibrary::all(&facts.libraries()).into_iter();
    facts.tools.iter().map(tool).chain(libraries.map(|library| self::library(&library))).collect()
}

fn tool(tool: &Tool) -> Value {
    let digest = tool.digest.to_string();
    let mut value = json!({
        "type": "application",
        "bom-ref": format!("tool/{}/{:.16}", tool.name, digest),
        "name": tool.name,
        "version": tool.version,
    });
    let mut properties = vec![("poly:from", tool.from.as_str())];
    if tool.is_executable {
        value["hashes"] = json!([{ "alg": "SHA-256", "content": digest }]);
    } else {
        properties.push(("poly:identity", &digest));
    }
    value["properties"] = self::properties(&properties);
    value
}

fn library(library: &LockedLibrary) -> Value {
    let LockedLibrary { name, version, checksum } = library;
    let Some(checksum) = checksum.as_ref().and_then(Checksum::sha256) else {
        // A part of poly's own.
        return json!({
            "type": "library",
            "bom-ref": format!("poly/{name}"),
            "group": "poly",
            "name": name,
            "version": version,
        });
    };
    let purl = purl("cargo", name, version, &[]);
    json!({
        "type": "library",
        // A component may be made of the same crate.
        "bom-ref": format!("poly/{purl}"),
        "name": name,
        "version": version,
        "purl": purl,
        "hashes": [{ "alg": "SHA-256", "content": checksum.to_string() }],
    })
}

fn reference(component: &Component) -> String {
    format!("component/{}", component.name)
}

fn wit_reference(package: &WitPackage) -> String {
    let version = package.version.as_ref().map(|version| format!("@{version}"));
    format!("wit/{}{}", package.name, version.unwrap_or_default())
}

fn properties(properties: &[(&str, &str)]) -> Value {
    properties.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

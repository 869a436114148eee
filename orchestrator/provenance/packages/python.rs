//! Python's lock files: `requirements*.txt`, as far as it pins, and the TOML files of uv, Poetry
//! and PEP 751.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::purl::purl;
use super::{Package, in_one_line};

/// What is pinned in a file of requirements. Options, markers, extras and what is not pinned are
/// passed over.
pub(super) fn requirements(text: &str) -> Vec<Package> {
    let text = text.replace("\\\n", " ");
    let pinned = text.lines().filter_map(|line| {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let (name, rest) = line.split_once("==")?;
        let name = name.split('[').next().unwrap_or_default().trim();
        let version = rest.trim_start_matches('=').trim();
        let version = version.split([' ', ';', ',']).next().unwrap_or_default();
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let good = !name.is_empty() && name.chars().all(is_name) && !version.contains('*');
        good.then(|| package(name, version))
    });
    pinned.collect()
}

#[derive(Deserialize)]
struct File {
    // PEP 751 writes the plural.
    #[serde(default, alias = "packages")]
    package: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    // A project that lies there in source may have none.
    version: Option<String>,
    #[serde(default)]
    source: BTreeMap<String, toml::Value>,
}

/// The packages of a lock file in TOML.
pub(super) fn locked(text: &str) -> Result<Vec<Package>, String> {
    let file: File = toml::from_str(text).map_err(|error| in_one_line(&error))?;
    let packages = file.package.into_iter().filter_map(|Entry { name, version, source }| {
        let local = ["virtual", "editable", "directory", "path"];
        let is_local = local.iter().any(|kind| source.contains_key(*kind));
        version.filter(|_| !is_local).map(|version| package(&name, &version))
    });
    Ok(packages.collect())
}

fn package(name: &str, version: &str) -> Package {
    // By its specification in lower case and with `-`.
    let normal = name.to_lowercase().replace(['_', '.'], "-");
    Package {
        purl: purl("pypi", &normal, version, &[]),
        name: name.to_owned(),
        version: version.to_owned(),
        hashes: BTreeMap::new(),
        sum: None,
    }
}

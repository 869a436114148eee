//! `Cargo.lock`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::purl::purl;
use super::{Package, in_one_line};

/// What packages of crates.io have as their source, by its index in git and by its sparse one.
const CRATES_IO: [&str; 2] =
    ["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    package: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

pub(super) fn packages(text: &str) -> Result<Vec<Package>, String> {
    let file: File = toml::from_str(text).map_err(|error| in_one_line(&error))?;
    let packages = file.package.into_iter();
    Ok(packages
        .filter_map(|Entry { name, version, source, checksum }| {
            // What has no source is the component itself, or lies beside it.
            let source = source?;
            let qualifier = match source.split_once('+') {
                _ if CRATES_IO.contains(&source.as_str()) => None,
                Some(("registry" | "sparse", index)) => Some(("repository_url", index)),
                _ => Some(("vcs_url", source.as_str())),
            };
            let purl = purl("cargo", &name, &version, qualifier.as_slice());
            let hashes: BTreeMap<_, _> =
                checksum.map(|digest| ("SHA-256", digest)).into_iter().collect();
            Some(Package { purl, name, version, hashes, sum: None })
        })
        .collect())
}

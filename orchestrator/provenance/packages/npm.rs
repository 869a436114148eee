//! `package-lock.json` of npm 7 and later.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::super::purl::purl;
use super::Package;

#[derive(Deserialize)]
struct File {
    packages: Option<BTreeMap<String, Entry>>,
}

#[derive(Deserialize)]
struct Entry {
    /// Its name, where that is not where it lies.
    name: Option<String>,
    version: Option<String>,
    integrity: Option<String>,
    #[serde(default)]
    link: bool,
}

pub(super) fn packages(text: &str) -> Result<Vec<Package>, String> {
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let packages =
        file.packages.ok_or("it is of an npm before 7, which had no `packages` in it")?;
    let packages = packages.into_iter().filter_map(|(path, entry)| {
        // What lies elsewhere is of the project itself.
        let (_, place) = path.rsplit_once("node_modules/")?;
        let version = entry.version.filter(|_| !entry.link)?;
        let name = entry.name.unwrap_or_else(|| place.to_owned());
        let hashes = entry.integrity.iter().flat_map(|text| text.split(' ')).filter_map(hash);
        let purl = purl("npm", &name, &version, &[]);
        Some(Package { purl, name, version, hashes: hashes.collect(), sum: None })
    });
    Ok(packages.collect())
}

/// A digest of a Subresource Integrity, which is in base64.
fn hash(integrity: &str) -> Option<(&'static str, String)> {
    let (function, digest) = integrity.split_once('-')?;
    let function = match function {
        "sha512" => "SHA-512",
        "sha384" => "SHA-384",
        "sha256" => "SHA-256",
        "sha1" => "SHA-1",
        _ => return None,
    };
    let bytes = STANDARD.decode(digest).ok()?;
    let mut digits = String::new();
    for byte in bytes {
        let _ = write!(digits, "{byte:02x}");
    }
    Some((function, digits))
}

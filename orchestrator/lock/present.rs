//! What a pipeline would be built with, here and now.

use std::collections::{BTreeMap, BTreeSet};

use super::Lock;
use super::checksum::Sha256;
use super::tool::{LockedLibrary, LockedTool};
use super::wit::{at_place, digest_of};
use crate::component::wit::Source;
use crate::manifest::Manifest;

/// What a pipeline would be built with, here and now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Present {
    /// This machine's platform, such as `x86_64-linux`.
    pub platform: String,
    /// The tools that are there, an entry for each toolchain.
    pub tools: Vec<LockedTool>,
    /// Those that are not: the tool, and its toolchain.
    pub absent: BTreeSet<(String, String)>,
    /// The libraries inside poly.
    pub libraries: Vec<LockedLibrary>,
    /// WIT packages that lie where poly writes them, by their place (`deps/wasi_http-0.2.0`), with
    /// the digest of each text that is found there.
    pub wit: BTreeMap<String, BTreeSet<String>>,
    /// WIT packages that the manifest asks for, `namespace:name`.
    pub asked: BTreeSet<String>,
}

impl Present {
    /// The same with what lies in the WIT directories of a manifest, seen with the eyes of `lock`,
    /// whose entries tell which places are theirs.
    #[must_use]
    pub fn with_wit<'s>(
        mut self,
        manifest: &Manifest,
        directories: impl Iterator<Item = &'s Source>,
        lock: &Lock,
    ) -> Self {
        self.asked =
            manifest.wit_dependencies.keys().map(|key| key.get_ref().to_string()).collect();
        for source in directories {
            for entry in &lock.wit {
                let Some(name) = entry.package_name() else { continue };
                let files = at_place(source, &name);
                if !files.is_empty() {
                    let Sha256(text) = digest_of(&files);
                    let texts = self.wit.entry(super::place(&name)).or_default();
                    texts.insert(Sha256(text).to_string());
                }
            }
            // What stands in a place of poly's and has no entry.
            for place in source.keys().filter_map(|path| place_of(path)) {
                self.wit.entry(place).or_default();
            }
        }
        self
    }
}

/// The place of poly's in which a file of WIT lies, if it lies in one: people's own have no `_`.
fn place_of(path: &str) -> Option<String> {
    let (directory, _) = path.strip_prefix("deps/")?.split_once('/')?;
    directory.contains('_').then(|| format!("deps/{directory}"))
}

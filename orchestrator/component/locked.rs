//! The versions of the libraries that make bytes, read from the lock file that poly was
//! built with.
//!
//! They belong in fingerprints: another encoder may write other bytes from equal inputs. The
//! checksum stands beside the version because it also pins what a crate embeds, such as the
//! preview1 adapters.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const LOCK_FILE: &str = include_str!("../../Cargo.lock");

/// What the lock file says of each crate, by its name; there is normally one.
static ENTRIES: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut entries: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    // `[[package]]`, and then its name.
    for entry in LOCK_FILE.split("[package]]\nname = \"").skip(1) {
        if let Some((name, rest)) = entry.split_once('"') {
            entries.entry(name).or_default().push(rest);
        }
    }
    entries
});

/// Version and checksum of each locked crate called `name`.
pub(crate) fn version(name: &str) -> String {
    let value = |entry: &str, key: &str| {
        let line = entry.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    let entries = ENTRIES.get(name).into_iter().flatten();
    let told = entries
        .map(|entry| format!("{} {}", value(entry, "version = "), value(entry, "checksum = ")));
    told.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_crate_has_a_version_and_a_checksum() {
        let locked = version("wit-component");
        let (number, checksum) = locked.split_once(' ').expect("two words");
        assert!(number.starts_with("0.254."), "{locked}");
        assert_eq!(checksum.len(), 64, "{locked}");
        assert_eq!(version("no-such-crate"), "");
    }
}

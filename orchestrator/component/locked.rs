//! The versions of the libraries that make bytes, read from the lock file that poly was
//! built with.
//!
//! They belong in fingerprints: another encoder may write other bytes from equal inputs. The
//! checksum stands beside the version because it also pins what a crate embeds, such as the
//! preview1 adapters.

use std::sync::LazyLock;

const LOCK_FILE: &str = include_str!("../../Cargo.lock");

/// What the lock file says of each crate, after its name. It is in the order of the names.
static ENTRIES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    // `[[package]]`, and then its name. One character is found faster than a word.
    let entries =
        LOCK_FILE.split('[').filter_map(|entry| entry.strip_prefix("package]]\nname = \""));
    entries.filter_map(|entry| entry.split_once('"')).collect()
});

/// Version and checksum of each locked crate called `name`.
pub(crate) fn version(name: &str) -> String {
    let value = |entry: &str, key: &str| {
        let line = entry.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    let first = ENTRIES.partition_point(|(other, _)| *other < name);
    let entries = ENTRIES[first..].iter().take_while(|(other, _)| *other == name);
    let told = entries.map(|(_, entry)| {
        format!("{} {}", value(entry, "version = "), value(entry, "checksum = "))
    });
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
        assert!(ENTRIES.is_sorted_by_key(|(name, _)| *name));
        assert!(version("poly-cache").starts_with("0."), "what has no checksum has a version");
    }
}

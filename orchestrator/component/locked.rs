//! The versions of the libraries that make bytes, read from the lock file that poly was
//! built with.
//!
//! They belong in fingerprints: another encoder may write other bytes from equal inputs. The
//! checksum stands beside the version because it also pins what a crate embeds, such as the
//! preview1 adapters.

const LOCK_FILE: &str = include_str!("../../Cargo.lock");

/// What each crate's entry begins with; the entries are in the order of the names.
const BEGINNING: &str = "[[package]]\nname = \"";

/// Version and checksum of each locked crate called `name`.
pub(crate) fn version(name: &str) -> String {
    let value = |entry: &str, key: &str| {
        let line = entry.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    let entries = LOCK_FILE[first(name)..].split(BEGINNING).skip(1);
    let entries = entries.filter_map(|entry| entry.split_once('"'));
    let told = entries.take_while(|(other, _)| *other == name).map(|(_, entry)| {
        format!("{} {}", value(entry, "version = "), value(entry, "checksum = "))
    });
    told.collect::<Vec<_>>().join(", ")
}

/// Where the first entry begins whose name is not before this one. Each build asks, so that all of
/// the file is not read.
fn first(name: &str) -> usize {
    let (mut low, mut high, mut found) = (0, LOCK_FILE.len(), LOCK_FILE.len());
    while low < high {
        let middle = low.midpoint(high);
        let begins = LOCK_FILE[middle..].find(BEGINNING).map_or(LOCK_FILE.len(), |at| middle + at);
        let other = LOCK_FILE[begins..].strip_prefix(BEGINNING).and_then(|it| it.split_once('"'));
        if other.is_some_and(|(other, _)| other < name) {
            low = begins + BEGINNING.len();
        } else {
            (high, found) = (middle, begins);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_locked_crate_has_a_version_and_a_checksum() {
        let locked = version("wit-component");
        let (number, checksum) = locked.split_once(' ').expect("two words");
        assert!(number.starts_with("0.254."), "{locked}");
        assert_eq!(checksum.len(), 64, "{locked}");
        assert_eq!(version("no-such-crate"), "");
        assert!(version("poly-cache").starts_with("0."), "what has no checksum has a version");
    }

    #[test]
    fn each_crate_is_found_with_all_its_versions() {
        let mut versions = BTreeMap::<&str, usize>::new();
        for entry in LOCK_FILE.split(BEGINNING).skip(1) {
            *versions.entry(entry.split_once('"').unwrap().0).or_default() += 1;
        }
        assert!(versions.len() > 300 && versions.values().any(|count| *count > 1));
        for (name, count) in versions {
            assert_eq!(version(name).split(", ").count(), count, "{name}");
            assert!(version(name).starts_with(|digit: char| digit.is_ascii_digit()), "{name}");
        }
    }
}

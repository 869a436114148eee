//! The versions of the libraries that make bytes, read from the lock file that poly was
//! built with.
//!
//! They belong in fingerprints: another encoder may write other bytes from equal inputs. The
//! checksum stands beside the version because it also pins what a crate embeds, such as the
//! preview1 adapters.

const LOCK_FILE: &str = include_str!("../../Cargo.lock");

/// Version and checksum of each locked crate called `name`; there is normally one.
pub(crate) fn version(name: &str) -> String {
    let wanted = format!("name = \"{name}\"");
    LOCK_FILE
        .split("[[package]]")
        .filter(|entry| entry.lines().any(|line| line == wanted))
        .map(|entry| {
            let value = |key: &str| {
                entry
                    .lines()
                    .find_map(|line| line.strip_prefix(key))
                    .unwrap_or_default()
                    .trim_matches('"')
                    .to_owned()
            };
            format!("{} {}", value("version = "), value("checksum = "))
        })
        .collect::<Vec<_>>()
        .join(", ")
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

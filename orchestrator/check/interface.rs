//! The shorter names of an interface: `demo:pipeline/sink@0.1.0` is also `demo:pipeline/sink` and `sink`.

/// Its name without its version.
pub(crate) fn unversioned(full: &str) -> &str {
    full.split_once('@').map_or(full, |(name, _)| name)
}

/// Its own name, without package and version.
pub(crate) fn own(full: &str) -> &str {
    let name = unversioned(full);
    name.rsplit_once('/').map_or(name, |(_, own)| own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_get_shorter() {
        for (full, without_version, alone) in [
            ("demo:pipeline/sink@0.1.0", "demo:pipeline/sink", "sink"),
            ("demo:pipeline/sink@0.1.0-a/b", "demo:pipeline/sink", "sink"),
            ("demo:pipeline/sink", "demo:pipeline/sink", "sink"),
            ("sink", "sink", "sink"),
        ] {
            assert_eq!((unversioned(full), own(full)), (without_version, alone));
        }
    }
}

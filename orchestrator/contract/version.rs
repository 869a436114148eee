//! Which version a set of changes asks for, and whether the declared one says as much.
//!
//! WIT counts as Cargo does ([`wit_parser::PackageName::version_compat_track`]): from 1.0.0 on,
//! the major version says "breaking"; below, the minor version does, and the patch version says
//! "addition"; below 0.1.0 every version breaks with all others. A pre-release promises nothing
//! to the next one.

use semver::{Prerelease, Version};
use serde::Serialize;
use wit_parser::PackageName;

use super::Level;

/// Which number of a version goes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// None.
    None,
    /// The third.
    Patch,
    /// The second.
    Minor,
    /// The first.
    Major,
}

impl Step {
    /// The step in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "no",
            Self::Patch => "a patch",
            Self::Minor => "a minor",
            Self::Major => "a major",
        }
    }
}

/// Whether a declared version covers the changes that came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It says enough.
    Covered,
    /// It says too little.
    TooSmall {
        /// The least version that says enough.
        asked: Version,
    },
    /// The new version comes before the old one, or there is none where there was one.
    Backwards,
    /// There is no version that could tell anyone of a breaking change.
    Untold,
}

impl Verdict {
    /// The verdict in a word, for machines.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::TooSmall { .. } => "too-small",
            Self::Backwards => "backwards",
            Self::Untold => "untold",
        }
    }
}

/// The step that changes of `level` ask for after `old`, and the least version that takes it.
pub fn asked(old: &Version, level: Level) -> (Step, Version) {
    let numbers = |major, minor, patch| Version::new(major, minor, patch);
    let Version { major, minor, patch, .. } = *old;
    if level == Level::Free {
        return (Step::None, old.clone());
    }
    if !old.pre.is_empty() {
        return (Step::Patch, Version { pre: Prerelease::EMPTY, ..numbers(major, minor, patch) });
    }
    match (level, major, minor) {
        (Level::Breaking, 1.., _) => (Step::Major, numbers(major + 1, 0, 0)),
        (Level::Breaking, 0, 1..) => (Step::Minor, numbers(0, minor + 1, 0)),
        (Level::Addition, 1.., _) => (Step::Minor, numbers(major, minor + 1, 0)),
        _ => (Step::Patch, numbers(major, minor, patch + 1)),
    }
}

/// Whether going from `old` to `new` covers changes of `level`.
pub fn verdict(old: Option<&Version>, new: Option<&Version>, level: Level) -> Verdict {
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (None, None) if level == Level::Breaking => return Verdict::Untold,
        // A first version is a new name: whoever uses the old one is not touched.
        (None, _) => return Verdict::Covered,
        (Some(_), None) => return Verdict::Backwards,
    };
    if new < old {
        return Verdict::Backwards;
    }
    let (_, asked) = asked(old, level);
    let covered = match level {
        Level::Free => true,
        _ if new == old => false,
        _ if !old.pre.is_empty() => true,
        _ if PackageName::version_compat_track(old) != PackageName::version_compat_track(new) => {
            true
        }
        Level::Breaking => false,
        Level::Addition => (new.major, new.minor) > (old.major, old.minor) || old.major == 0,
        Level::Fix => true,
    };
    if covered { Verdict::Covered } else { Verdict::TooSmall { asked } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().expect("a version")
    }

    #[test]
    fn each_level_asks_for_its_step() {
        let table = [
            ("1.2.3", Level::Free, Step::None, "1.2.3"),
            ("1.2.3", Level::Fix, Step::Patch, "1.2.4"),
            ("1.2.3", Level::Addition, Step::Minor, "1.3.0"),
            ("1.2.3", Level::Breaking, Step::Major, "2.0.0"),
            ("0.2.3", Level::Fix, Step::Patch, "0.2.4"),
            ("0.2.3", Level::Addition, Step::Patch, "0.2.4"),
            ("0.2.3", Level::Breaking, Step::Minor, "0.3.0"),
            ("0.0.3", Level::Addition, Step::Patch, "0.0.4"),
            ("0.0.3", Level::Breaking, Step::Patch, "0.0.4"),
            ("1.0.0-rc.1", Level::Breaking, Step::Patch, "1.0.0"),
        ];
        for (old, level, step, least) in table {
            assert_eq!(asked(&version(old), level), (step, version(least)), "{old} {level:?}");
        }
    }

    #[test]
    fn the_declared_version_covers_or_not() {
        use Level::{Addition, Breaking, Fix, Free};
        let covered = [
            ("1.0.0", "1.0.0", Free),
            ("1.0.0", "1.0.1", Fix),
            ("1.0.0", "1.1.0", Addition),
            ("1.0.0", "2.0.0", Breaking),
            ("1.0.0", "2.0.0-rc.1", Breaking),
            ("0.1.0", "0.1.1", Addition),
            ("0.1.0", "0.2.0", Breaking),
            ("0.0.1", "0.0.2", Breaking),
            ("1.0.0-rc.1", "1.0.0-rc.2", Breaking),
            ("0.9.0", "1.0.0", Breaking),
        ];
        for (old, new, level) in covered {
            let said = verdict(Some(&version(old)), Some(&version(new)), level);
            assert_eq!(said, Verdict::Covered, "{old} → {new} {level:?}");
        }
        let small = [
            ("1.0.0", "1.0.0", Fix, "1.0.1"),
            ("1.0.0", "1.0.1", Addition, "1.1.0"),
            ("1.0.0", "1.5.0", Breaking, "2.0.0"),
            ("0.1.0", "0.1.9", Breaking, "0.2.0"),
            ("1.0.0-rc.1", "1.0.0-rc.1", Fix, "1.0.0"),
        ];
        for (old, new, level, least) in small {
            let said = verdict(Some(&version(old)), Some(&version(new)), level);
            assert_eq!(said, Verdict::TooSmall { asked: version(least) }, "{old} → {new}");
        }
        let (one, two) = (version("1.0.0"), version("2.0.0"));
        assert_eq!(verdict(Some(&two), Some(&one), Free), Verdict::Backwards);
        assert_eq!(verdict(Some(&one), None, Free), Verdict::Backwards);
        assert_eq!(verdict(None, Some(&one), Breaking), Verdict::Covered);
        assert_eq!(verdict(None, None, Addition), Verdict::Covered);
        assert_eq!(verdict(None, None, Breaking), Verdict::Untold);
    }
}

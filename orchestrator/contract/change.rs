//! One change from an old contract to a new one: where, what, how grave, and whom it touches.

use std::fmt;

use semver::Version;
use serde::Serialize;

/// How grave a change is. What a version must say of it depends on the version; see
/// [`super::asked`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// No promise was made: the item is `@unstable`.
    Free,
    /// Nothing that anyone calls, implements or names is another: documentation.
    Fix,
    /// Whoever uses the old contract can use the new one.
    Addition,
    /// Somebody who relied on the old contract is let down by the new one.
    Breaking,
}

/// Who has to act because of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Those who call an interface.
    Callers,
    /// Those who provide an interface, once they move to the new version.
    Implementers,
    /// Those who run components of a world: they meet its imports and call its exports.
    Hosts,
    /// Components that were built for the old world.
    Components,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum What {
    /// It is new.
    Added,
    /// It is gone.
    Removed {
        /// The version that deprecated it, if one did.
        #[serde(skip_serializing_if = "Option::is_none")]
        deprecated: Option<Version>,
    },
    /// Its type or signature is another.
    Different {
        /// What it was.
        before: String,
        /// What it is.
        after: String,
    },
    /// The same members in another order, which is part of a type.
    Reordered,
    /// The version of another package's interface that a world names.
    Version {
        /// The old version.
        before: String,
        /// The new version.
        after: String,
    },
    /// It was `@unstable` and is so no longer.
    Stabilised {
        /// The feature that stood there.
        feature: String,
    },
    /// It was stable and is `@unstable` now: gone, for those who use stable items alone.
    Destabilised {
        /// The feature that stands there.
        feature: String,
    },
    /// It is `@deprecated` now.
    Deprecated {
        /// Since this version.
        version: Version,
    },
    /// It is `@deprecated` no longer.
    Undeprecated,
    /// Its `@since` is another.
    Since,
    /// Its documentation is another.
    Documented,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The way to the item from outside in, such as `interface "store"`, `function "get"`.
    pub path: Vec<String>,
    /// What became of it.
    #[serde(flatten)]
    pub what: What,
    /// How grave that is.
    pub level: Level,
    /// Who has to act.
    pub touches: Vec<Side>,
    /// The feature under which the item is `@unstable`, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unstable: Option<String>,
    /// The version that a new item's `@since` claims although the old contract, of that version
    /// or a later one, lacks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims_since: Option<Version>,
}

impl Level {
    /// The level in a word or two.
    pub fn word(self) -> &'static str {
        match self {
            Self::Free => "unstable",
            Self::Fix => "fix",
            Self::Addition => "addition",
            Self::Breaking => "breaking",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Callers => "callers",
            Self::Implementers => "implementers",
            Self::Hosts => "hosts",
            Self::Components => "components",
        })
    }
}

impl fmt::Display for What {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added => out.write_str("added"),
            Self::Removed { deprecated: None } => out.write_str("removed"),
            Self::Removed { deprecated: Some(version) } => {
                write!(out, "removed, which {version} had announced by `@deprecated`")
            }
            Self::Different { before, after } => write!(out, "was `{before}`, is `{after}`"),
            Self::Reordered => out.write_str("its members stand in another order"),
            Self::Version { before, after } => write!(out, "was @{before}, is @{after}"),
            Self::Stabilised { feature } => {
                write!(out, "is stable now, and was unstable under `{feature}`")
            }
            Self::Destabilised { feature } => {
                write!(out, "is unstable now under `{feature}`, and was stable")
            }
            Self::Deprecated { version } => write!(out, "is deprecated since {version}"),
            Self::Undeprecated => out.write_str("is deprecated no longer"),
            Self::Since => out.write_str("has another `@since`"),
            Self::Documented => out.write_str("has other documentation"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.path.join(" → "), self.what)?;
        if let Some(feature) = &self.unstable {
            write!(out, " (unstable under `{feature}`: no promise was made)")?;
        }
        if let Some(version) = &self.claims_since {
            write!(out, "; it says `@since(version = {version})`, where it is not")?;
        }
        if !self.touches.is_empty() && self.level != Level::Free {
            let sides: Vec<String> = self.touches.iter().map(Side::to_string).collect();
            let verb = if self.level == Level::Breaking { "breaks" } else { "asks more of" };
            write!(out, "; {verb} {}", sides.join(" and "))?;
        }
        Ok(())
    }
}

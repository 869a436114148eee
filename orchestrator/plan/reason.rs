//! Why an action runs: an enum first, prose last.

use std::fmt;

use serde::Serialize;

use super::action::Action;

/// One reason for an action to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    /// Nothing is known of a run of it before.
    NeverBuilt,
    /// It ran before with the very same fingerprint, but its artifact is not in the store.
    ArtifactGone,
    /// What it takes from another action is not known before that one has run.
    Upstream {
        /// The action that runs first.
        action: Action,
    },
    /// A tool is not installed.
    ToolMissing {
        /// The tool.
        name: String,
    },
    /// A file, or an artifact taken from another action.
    Input {
        /// Its relative path, or the action's name.
        path: String,
        /// How it changed.
        change: Change<()>,
    },
    /// A tool has another version or binary.
    Tool {
        /// The tool.
        name: String,
        /// Its version, old and new.
        change: Change<String>,
    },
    /// The toolchain's steps.
    Steps,
    /// An environment variable that counts.
    Environment {
        /// The variable.
        name: String,
        /// Its value, old and new.
        change: Change<String>,
    },
    /// Something that the manifest or the toolchain's file says.
    Setting {
        /// What.
        name: String,
        /// Its value, old and new.
        change: Change<String>,
    },
    /// A library inside poly.
    Library {
        /// Which.
        name: String,
        /// Its version, old and new.
        change: Change<String>,
    },
    /// Fingerprints themselves have changed.
    Schema {
        /// The schema number of the last run.
        old: u32,
        /// The schema number now.
        new: u32,
    },
}

/// How one value changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change<V> {
    /// It is new.
    Added(V),
    /// It is gone.
    Removed(V),
    /// It is another.
    Changed {
        /// What it was.
        old: V,
        /// What it is.
        new: V,
    },
}

impl<V> Change<V> {
    /// The same change of something told otherwise.
    pub fn map<W>(self, mut tell: impl FnMut(V) -> W) -> Change<W> {
        match self {
            Self::Added(value) => Change::Added(tell(value)),
            Self::Removed(value) => Change::Removed(tell(value)),
            Self::Changed { old, new } => Change::Changed { old: tell(old), new: tell(new) },
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverBuilt => write!(formatter, "not built before"),
            Self::ArtifactGone => write!(formatter, "its artifact is gone from the cache"),
            Self::Upstream { action } => write!(formatter, "`{action}` runs first"),
            Self::ToolMissing { name } => write!(formatter, "tool `{name}` is not installed"),
            Self::Input { path, change } => match change {
                Change::Added(()) => write!(formatter, "`{path}` is new"),
                Change::Removed(()) => write!(formatter, "`{path}` is gone"),
                Change::Changed { .. } => write!(formatter, "`{path}` changed"),
            },
            Self::Tool { name, change: Change::Changed { old, new } } if old == new => {
                write!(formatter, "tool `{name}` changed: another binary that calls itself {new}")
            }
            Self::Tool { name, change } => {
                write!(formatter, "tool `{name}` ")?;
                write_change(formatter, change, "")
            }
            Self::Steps => write!(formatter, "the toolchain's steps changed"),
            Self::Environment { name, change } => {
                write!(formatter, "variable `{name}` ")?;
                write_change(formatter, change, "`")
            }
            Self::Setting { name, change } => {
                write!(formatter, "`{name}` ")?;
                write_change(formatter, change, "`")
            }
            Self::Library { name, change } => {
                write!(formatter, "poly's own `{name}` ")?;
                write_change(formatter, change, "")
            }
            Self::Schema { old, new } => {
                write!(formatter, "fingerprints of schema {old} became schema {new}")
            }
        }
    }
}

fn write_change(
    formatter: &mut fmt::Formatter<'_>,
    change: &Change<String>,
    quote: &str,
) -> fmt::Result {
    match change {
        Change::Added(value) => write!(formatter, "is new: {quote}{value}{quote}"),
        Change::Removed(value) => write!(formatter, "is gone (was {quote}{value}{quote})"),
        Change::Changed { old, new } => {
            write!(formatter, "changed from {quote}{old}{quote} to {quote}{new}{quote}")
        }
    }
}

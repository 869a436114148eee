//! Why an action runs: an enum first, prose last.

use std::fmt;

use poly_cache::Digest;
use serde::{Deserialize, Serialize};
use similar::{Algorithm, ChangeTag};

use super::action::Action;
use super::fingerprint::ToolIdentity;

/// One reason for an action to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    /// Nothing is known of a run of it before.
    NeverBuilt,
    /// Its last run failed.
    LastFailed,
    /// It ran before, but what that run depended on is no longer known.
    RecordGone,
    /// It ran before with the very same fingerprint, but its artifact is not in the store.
    ArtifactGone,
    /// What it left in the pipeline is not there any more.
    OutputGone {
        /// Its path below the pipeline.
        path: String,
    },
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
    /// A file, or a setting of the user's.
    Input {
        /// Its relative path, or its name.
        path: String,
        /// Its content, old and new.
        change: Change<Digest>,
    },
    /// Whether a file may be executed.
    Executable {
        /// Its relative path.
        path: String,
        /// Whether it may be now.
        now: bool,
    },
    /// An artifact that it takes from another action.
    Artifact {
        /// The other action.
        action: Action,
        /// The artifact, old and new.
        change: Change<Digest>,
    },
    /// A tool has another version or binary.
    Tool {
        /// The tool.
        name: String,
        /// Which it is, old and new.
        change: Change<ToolIdentity>,
    },
    /// A step of the toolchain.
    Step {
        /// Which, counted from 1.
        number: usize,
        /// Its argv, old and new, placeholders unexpanded.
        change: Change<Vec<String>>,
    },
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
            Self::NeverBuilt => write!(formatter, "never built"),
            Self::LastFailed => write!(formatter, "its last run failed"),
            Self::RecordGone => {
                write!(formatter, "the record of its last run is gone from the cache")
            }
            Self::ArtifactGone => write!(formatter, "its artifact is gone from the cache"),
            Self::OutputGone { path } => write!(formatter, "`{path}` is gone"),
            Self::Upstream { action } => write!(formatter, "`{action}` runs first"),
            Self::ToolMissing { name } => write!(formatter, "tool `{name}` is not installed"),
            Self::Input { path, change } => match change {
                Change::Added(_) => write!(formatter, "`{path}` is new"),
                Change::Removed(_) => write!(formatter, "`{path}` is gone"),
                Change::Changed { old, new } => {
                    write!(formatter, "`{path}` changed ({} → {})", old.short(), new.short())
                }
            },
            Self::Executable { path, now: true } => {
                write!(formatter, "`{path}` may be executed now")
            }
            Self::Executable { path, now: false } => {
                write!(formatter, "`{path}` may not be executed any more")
            }
            Self::Artifact { action, change } => match change {
                Change::Added(_) => write!(formatter, "it takes the artifact of `{action}` now"),
                Change::Removed(_) => {
                    write!(formatter, "it does not take the artifact of `{action}` any more")
                }
                Change::Changed { old, new } => {
                    let (old, new) = (old.short(), new.short());
                    write!(formatter, "`{action}` made another artifact ({old} → {new})")
                }
            },
            Self::Tool { name, change: Change::Changed { old, new } }
                if old.to_string() == new.to_string() =>
            {
                let (before, after) = (old.digest.short(), new.digest.short());
                write!(
                    formatter,
                    "tool `{name}` changed: another binary that calls itself {new} ({before} → {after})"
                )
            }
            Self::Tool { name, change } => {
                write!(formatter, "tool `{name}` ")?;
                write_change(formatter, change, "")
            }
            Self::Step { number, change } => {
                write!(formatter, "step {number} of the toolchain ")?;
                match change {
                    Change::Changed { old, new } => {
                        write!(formatter, "changed: {}", arguments(old, new))
                    }
                    Change::Added(argv) => write!(formatter, "is new: `{}`", argv.join(" ")),
                    Change::Removed(argv) => write!(formatter, "is gone: `{}`", argv.join(" ")),
                }
            }
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
    change: &Change<impl fmt::Display>,
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

/// What became of the arguments of a step.
fn arguments(old: &[String], new: &[String]) -> String {
    let changes = similar::capture_diff_slices(Algorithm::Myers, old, new);
    let changes = changes.iter().flat_map(|change| change.iter_changes(old, new));
    let told = changes.filter_map(|change| match change.tag() {
        ChangeTag::Equal => None,
        ChangeTag::Delete => Some(format!("`{}` is gone", change.value())),
        ChangeTag::Insert => Some(format!("`{}` is new", change.value())),
    });
    told.collect::<Vec<_>>().join(", ")
}

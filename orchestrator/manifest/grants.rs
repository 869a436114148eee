//! `[grants]`: what the composed component may touch.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// `[grants]`: what the composed component may touch.
///
/// After composing, equal imports of all parts become one: a grant to one part is a grant
/// to all.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a grant of its own, off or on")]
pub struct Grants {
    /// Directories.
    pub dirs: Vec<DirectoryGrant>,
    /// Environment variables with fixed values.
    pub env: IndexMap<String, String>,
    /// Environment variables passed on from poly's own environment, by name.
    #[schemars(with = "Vec<String>")]
    pub inherit_env: Vec<Spanned<String>>,
    /// Command-line arguments.
    pub args: Vec<String>,
    /// Whether it reads poly's standard input.
    pub stdin: bool,
    /// Whether what it writes to standard output is kept and shown.
    pub stdout: bool,
    /// Whether what it writes to standard error is kept and shown.
    pub stderr: bool,
    /// Whether clocks tell the real time; else time begins on 1 January 2000 and passes only by
    /// reading it and by sleeping.
    pub clocks: bool,
    /// Whether random numbers are random; else they are the same in every run.
    pub random: bool,
    /// Socket addresses (`ADDRESS:PORT`) it may connect to by TCP or send to by UDP.
    #[schemars(with = "Vec<String>")]
    pub network: Vec<Spanned<String>>,
}

/// A directory of the host, seen by the guest.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DirectoryGrant {
    /// The host's directory, relative to the manifest.
    #[schemars(with = "String")]
    pub host: Spanned<String>,
    /// What the guest sees it as, such as `/data`.
    pub guest: String,
    /// What may be done there.
    #[serde(default)]
    pub access: Access,
}

/// What may be done in a granted directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Read only.
    #[default]
    Read,
    /// Read, create, change and remove.
    ReadWrite,
}

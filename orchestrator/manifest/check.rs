//! `[[check]]`: calls and what must come of them.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::Limit;

/// `[[check]]`: a call and what is expected of it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Check {
    /// The call, in WAVE: `function(arguments)` or `interface.function(arguments)`.
    #[schemars(with = "String")]
    pub call: Spanned<String>,
    /// The value it returns, in WAVE.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub returns: Option<Spanned<String>>,
    /// It traps, and this is part of the trap's message.
    #[serde(default)]
    pub traps: Option<String>,
    /// It goes over this limit.
    #[serde(default)]
    pub exceeds: Option<Limit>,
    /// All that it writes to standard output (which must be granted).
    #[serde(default)]
    pub stdout: Option<String>,
    /// All that it writes to standard error (which must be granted).
    #[serde(default)]
    pub stderr: Option<String>,
}

//! `[limits]`: what a call may use up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bytes, Timeout};

/// `[limits]`: what one call, and the instance it runs in, may use up.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    /// Wall-clock time of one call, instantiation counted with the first.
    pub timeout: Timeout,
    /// Linear memory of the whole composed component, all its parts together.
    pub memory: Bytes,
    /// Units of wasmtime's fuel for one call; unlimited, and not counted, unless set.
    pub fuel: Option<u64>,
    /// Bytes that one call may write to standard output and to standard error, each, where
    /// they are granted.
    pub output: Bytes,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Timeout::seconds(30),
            memory: Bytes::mebibytes(512),
            fuel: None,
            output: Bytes::mebibytes(1),
        }
    }
}

/// A limit, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Wall-clock time.
    Timeout,
    /// Linear memory.
    Memory,
    /// Fuel.
    Fuel,
    /// Standard output or standard error.
    Output,
}

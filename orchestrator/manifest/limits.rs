//! `[limits]`: what a call may use up, and what compiling may.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bytes, Timeout};

/// `[limits]`: what one call, and the instance it runs in, may use up, and what compiling may.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    /// Wall-clock time of one call, instantiation counted with the first.
    pub timeout: Timeout,
    /// Linear memory of the whole composed component, all its parts together.
    pub memory: Bytes,
    /// Elements of all tables of all parts together.
    pub tables: u32,
    /// Core instances of all parts together; and as many memories, and as many tables.
    pub instances: u32,
    /// Handles of all parts together: resources, its own and the host's, that parts hold.
    pub handles: u32,
    /// What the host holds for the component: open files and directories, sockets, streams, what
    /// can be waited for, HTTP headers and bodies.
    pub host_resources: u32,
    /// Bytes of the host's memory that the values of one call may take, of the host by the
    /// component or the other way round. An element of a list counts with what it takes there.
    pub transfer: Bytes,
    /// Bytes that one call may write to standard output and to standard error, each, where
    /// they are granted.
    pub output: Bytes,
    /// Bytes that an instance may write to granted directories; a new name in one counts 4 KiB.
    pub written: Bytes,
    /// Bytes of the body of an outgoing HTTP request and of its response, each.
    pub bodies: Bytes,
    /// Units of wasmtime's fuel for one call; unlimited, and not counted, unless set.
    pub fuel: Option<u64>,
    /// Wall-clock time of compiling a component for this machine.
    pub compile_time: Timeout,
    /// Memory that compiling it may take.
    pub compile_memory: Bytes,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Timeout::seconds(30),
            memory: Bytes::mebibytes(512),
            tables: 1_000_000,
            instances: 1_000,
            handles: 100_000,
            // Each may be a file descriptor, of which a process often has 1024.
            host_resources: 500,
            transfer: Bytes::mebibytes(128),
            output: Bytes::mebibytes(1),
            written: Bytes::mebibytes(1024),
            bodies: Bytes::mebibytes(16),
            fuel: None,
            compile_time: Timeout::seconds(300),
            compile_memory: Bytes::mebibytes(4096),
        }
    }
}

/// A limit of a call, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Wall-clock time.
    Timeout,
    /// Linear memory.
    Memory,
    /// Elements of tables.
    Tables,
    /// Core instances, memories or tables.
    Instances,
    /// The stack of calls within calls, whose size `[run]` says.
    Stack,
    /// Handles.
    Handles,
    /// What the host holds.
    HostResources,
    /// The values of one call.
    Transfer,
    /// Standard output or standard error.
    Output,
    /// Granted directories.
    Written,
    /// Bodies of HTTP requests and responses.
    Bodies,
    /// Fuel.
    Fuel,
}

impl Limit {
    /// Its name in the manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Memory => "memory",
            Self::Tables => "tables",
            Self::Instances => "instances",
            Self::Stack => "stack",
            Self::Handles => "handles",
            Self::HostResources => "host-resources",
            Self::Transfer => "transfer",
            Self::Output => "output",
            Self::Written => "written",
            Self::Bodies => "bodies",
            Self::Fuel => "fuel",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_called_what_its_key_is_called() {
        for limit in [
            Limit::Timeout,
            Limit::Memory,
            Limit::Tables,
            Limit::Instances,
            Limit::Stack,
            Limit::Handles,
            Limit::HostResources,
            Limit::Transfer,
            Limit::Output,
            Limit::Written,
            Limit::Bodies,
            Limit::Fuel,
        ] {
            assert_eq!(serde_json::to_value(limit).unwrap(), limit.name());
            // The stack's size stands elsewhere.
            let value = if limit == Limit::Timeout { "\"1s\"" } else { "1" };
            let said = toml::from_str::<Limits>(&format!("{} = {value}", limit.name()));
            assert_eq!(said.is_ok(), limit != Limit::Stack, "{}", limit.name());
        }
    }

    /// What stands there after a `#` is what holds if nothing is said.
    #[test]
    fn the_root_manifest_says_what_holds_if_nothing_is_said() {
        let text = include_str!("../../pipeline.toml");
        let (_, text) = text.split_once("[limits]\n").expect("it has limits");
        let (text, _) = text.split_once("\n\n").expect("something comes after them");
        let said: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix('#'))
            .filter(|line| !line.starts_with([' ', 'f']))
            .collect();
        let keys: toml::Table = toml::from_str(&said.join("\n")).unwrap();
        assert_eq!(keys.len(), 10, "all but the two that are said, and fuel: {keys:?}");
        assert_eq!(toml::from_str::<Limits>(&said.join("\n")).unwrap(), Limits::default());
    }
}

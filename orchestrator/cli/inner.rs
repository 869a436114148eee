//! What programs say to poly, and no person: componentize-js, and other polys.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::build::Question;
use crate::host::EngineOptions;
use crate::manifest::Bytes;

/// Wizer for componentize-js, with its command line, and the same bytes each time
///
/// Standard input goes to the initialiser.
#[derive(Debug, Clone, Args)]
pub struct WizerOptions {
    /// The module
    pub module: PathBuf,
    /// Where the snapshot goes
    #[arg(short, value_name = "FILE")]
    pub output: PathBuf,
    /// The exported function that is run
    #[arg(long, value_name = "NAME", default_value = "wizer-initialize")]
    pub init_func: String,
    /// A directory that it can read; it learns another name for it
    #[arg(long = "dir", value_name = "HOST")]
    pub directories: Vec<PathBuf>,
    /// A directory that it can read, by the name that it knows
    #[arg(long = "mapdir", value_name = "GUEST::HOST")]
    pub mapped: Vec<String>,
    /// Whether it sees variables: those of componentize-js's own
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, default_value = "false")]
    pub inherit_env: bool,
    /// Give it WASI; without, nothing is done here
    #[arg(long, required = true)]
    pub allow_wasi: bool,
    /// Whether it copies memory in bulk, which it always may
    #[arg(long, value_name = "BOOL", default_value = "true", value_parser = ["true"])]
    pub wasm_bulk_memory: String,
}

/// Compile a component for this machine, within a bound on memory; builds start it
#[derive(Debug, Clone, Args)]
pub struct PrecompileOptions {
    /// The component
    pub component: PathBuf,
    /// Where the machine code goes
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// The engine that it is for, as JSON
    #[arg(long, value_name = "JSON")]
    pub engine: EngineOptions,
    /// How far it may go
    #[command(flatten)]
    pub bounds: BoundOptions,
}

/// Read lines of sources from the debug information of components, within a bound on memory; started
/// where a component stopped
#[derive(Debug, Clone, Args)]
pub struct LinesOptions {
    /// Files, and bytes of each, as JSON
    #[arg(value_name = "JSON")]
    pub question: Question,
    /// How far it may go
    #[command(flatten)]
    pub bounds: BoundOptions,
}

/// How far one that was started by another may go.
#[derive(Debug, Clone, Copy, Args)]
pub struct BoundOptions {
    /// Memory that it may take
    #[arg(long, value_name = "SIZE")]
    pub memory: Bytes,
    /// The process that waits for it, and that it does not outlive
    #[arg(long, value_name = "NUMBER")]
    pub parent: u32,
}

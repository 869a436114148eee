//! Makes a component of a Python module, the same bytes for the same inputs.
//!
//! componentize-py runs a module's top-level code while it builds, and keeps the interpreter as it is
//! then. So whatever the interpreter was told gets into the component: the time, random numbers, when
//! files were written and which inodes they have. This program is componentize-py, the crate, with a
//! host behind it whose answers depend on nothing but the inputs:
//!
//! - `stage`: the inputs, copied to a clean directory and read to a digest.
//! - `host`: clocks, random numbers and environment; all chance comes from that digest.
//! - `files`: what the interpreter sees of files: neither times nor inodes, and directories in order.
//! - `stubs`: what the world imports is there, and traps when it is called.
//!
//! Only the staged copy is ever written to. Packages that lie elsewhere on the machine are not looked
//! for. Not supported: modules that bring a `componentize-py.toml`, for their worlds are not known here.

mod files;
mod host;
mod stage;
mod stubs;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use componentize_py::{ComponentGenerator, Ctx};
use wasmtime::component::Linker;

/// What may be typed: of what componentize-py takes, that which says what to make.
#[derive(Parser)]
#[command(version, about)]
struct Options {
    #[command(flatten)]
    world: World,
    #[command(subcommand)]
    command: Command,
}

/// Which world is implemented, and how it looks in Python.
#[derive(Args)]
struct World {
    /// Directories or files of WIT
    #[arg(short = 'd', long, value_name = "PATH", required = true)]
    wit_path: Vec<PathBuf>,
    /// The worlds that are implemented [default: the only one]
    #[arg(short, long)]
    world: Vec<String>,
    /// Features of the WIT to take in, separated by commas
    #[arg(long)]
    features: Vec<String>,
    /// Take in all features of the WIT
    #[arg(long)]
    all_features: bool,
    /// What the module of the bindings is called [default: `wit_world`]
    #[arg(long)]
    world_module: Option<String>,
    /// Name bindings with package and version throughout
    #[arg(long)]
    full_names: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Make a component
    Componentize {
        /// The module that implements the world
        app_name: String,
        /// Directories that modules are looked for in, in this order
        #[arg(short, long, default_value = ".")]
        python_path: Vec<PathBuf>,
        /// Where the component is written
        #[arg(short, long, default_value = "index.wasm")]
        output: PathBuf,
    },
}

fn main() -> Result<()> {
    let Options { world, command } = Options::parse();
    let Command::Componentize { app_name, python_path, output } = command;
    let staged = stage::Staged::new(&python_path, &world.wit_path)?;
    host::settle(staged.seed(&world.settings(&app_name)));

    let python_path = staged.python_path()?;
    let wit_paths: Vec<&Path> = world.wit_path.iter().map(PathBuf::as_path).collect();
    let worlds = texts(&world.world);
    let features = texts(&world.features);
    let stubs = stubs::Stubs::new(&wit_paths, &worlds, &features, world.all_features)?;
    let add_to_linker = |linker: &mut Linker<Ctx>| {
        host::add_to_linker(linker)?;
        stubs.add_to_linker(linker)
    };
    let generator = ComponentGenerator {
        wit_paths: &wit_paths,
        worlds: &worlds,
        features: &features,
        all_features: world.all_features,
        world_module: world.world_module.as_deref(),
        python_path: &texts(&python_path),
        module_worlds: &[],
        app_name: &app_name,
        output_path: &output,
        add_to_linker: Some(&add_to_linker),
        stub_wasi: false,
        import_interface_names: &HashMap::new(),
        export_interface_names: &HashMap::new(),
        full_names: world.full_names,
        intersect_world: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(generator.generate())
}

impl World {
    /// What was asked for, as far as no file says it.
    fn settings(&self, app_name: &str) -> String {
        let Self { wit_path: _, world, features, all_features, world_module, full_names } = self;
        format!("{app_name:?} {world:?} {features:?} {all_features} {world_module:?} {full_names}")
    }
}

fn texts(owned: &[String]) -> Vec<&str> {
    owned.iter().map(String::as_str).collect()
}

//! Real components in the real runtime, the hostile ones among them.

mod calls;
mod concurrency;
mod grants;
mod held;
mod limits;
mod link;
mod network;
mod options;
mod profiler;
mod repeat;
mod snapshot;
mod tls;
mod written;

use std::path::Path;
use std::sync::LazyLock;

use tempfile::TempDir;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use super::*;
use crate::check::{Call, Ending, Outcome};
use crate::manifest::{Grants, Limits};

/// One engine for all tests: they run side by side, as checks do.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&EngineOptions::default()).unwrap());

/// The component that imports nothing.
static PLAIN: LazyLock<Program> =
    LazyLock::new(|| program(&ENGINE, &wat::parse_str(include_str!("plain.wat")).unwrap()));

/// The component that tries everything through WASI.
static GUEST: LazyLock<Program> = LazyLock::new(|| {
    program(&ENGINE, &encode(include_str!("guest.wat"), include_str!("guest.wit")))
});

fn engine(options: EngineOptions) -> Engine {
    Engine::new(&options).unwrap()
}

/// Compiles, writes and loads, as the driver does.
fn program(engine: &Engine, component: &[u8]) -> Program {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("code");
    std::fs::write(&path, engine.precompile(component).unwrap()).unwrap();
    Program::load(engine, &path).unwrap()
}

/// Makes a module that implements the world `guest` of `wit` a component.
fn encode(module: &str, wit: &str) -> Vec<u8> {
    let mut module = wat::parse_str(module).unwrap();
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("guest.wit", wit).unwrap();
    let world = resolve.select_world(&[package], Some("guest")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let adapter = wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER;
    ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .adapter("wasi_snapshot_preview1", adapter)
        .unwrap()
        .encode()
        .unwrap()
}

fn start(program: &Program, grants: &Grants, limits: &Limits) -> Instance {
    Instance::start(program, grants, limits, Path::new("/nowhere")).unwrap()
}

fn call(instance: &mut Instance, text: &str) -> Outcome {
    instance.call(&Call::parse(text).unwrap()).unwrap()
}

/// The value, or how else it ended.
fn value(instance: &mut Instance, text: &str) -> String {
    call(instance, text).ending.to_string()
}

/// `[limits]` as a manifest has them.
fn limits(text: &str) -> Limits {
    toml::from_str(text).unwrap()
}

/// `[grants]` as a manifest has them.
fn grants(text: &str) -> Grants {
    toml::from_str(text).unwrap()
}

fn exceeded(outcome: &Outcome) -> Option<crate::manifest::Limit> {
    match outcome.ending {
        Ending::Exceeded(limit) => Some(limit),
        _ => None,
    }
}

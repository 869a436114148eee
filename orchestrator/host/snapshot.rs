//! Runs a module's initialiser and keeps the module with its memory as it is then: Wizer, in a
//! host that is the same each time.
//!
//! componentize-js makes a component of a JavaScript engine that has read the sources, and lets
//! another program run it so far. What the engine sees there stays in its memory: here a clock
//! and random numbers that stand in (see `stand_in.rs`), variables in an order, and directories
//! by names that do not tell where they are. What the sources draw (a random number, a hash's
//! seed) is as different for other sources as it was: the sequence begins with a digest of all
//! that goes in.
//!
//! Times and inodes of files are the real ones: no engine that is run like this keeps them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use poly_cache::Digest;
use thiserror::Error;
use wasmtime::{Caller, Config, Extern, Instance, Linker, Module, OptLevel, Store, Val};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::runtime::in_tokio;
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};
use wasmtime_wizer::{InstanceState, SnapshotVal, ValType, Wizer};

use super::engine::Cause;
use super::stand_in::{Clock, random_bytes};
use crate::random::SplitMix64;

/// Stack for the initialiser's frames: an interpreter's are deep, and not optimised here.
const STACK: usize = 16 << 20;

/// Stack of the fiber: the initialiser's and, above it, the host's share.
const FIBER_STACK: usize = STACK + (1 << 20);

/// The name by which WASI's first preview is imported.
const PREVIEW_1: &str = "wasi_snapshot_preview1";

/// What an initialiser gets to see.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The directories that it can read.
    pub directories: Vec<Directory>,
    /// Its variables.
    pub variables: BTreeMap<String, String>,
    /// Its standard input: words between spaces. A word that is a path in one of the directories
    /// reaches it as the path that it knows.
    pub input: String,
}

/// A directory, here and there.
#[derive(Debug, Clone)]
pub struct Directory {
    /// Where it is.
    pub host: PathBuf,
    /// What the initialiser knows it by, an absolute path.
    pub guest: String,
}

/// A module of which no snapshot can be taken.
#[derive(Debug, Error, Diagnostic)]
pub enum SnapshotError {
    /// It has no such initialiser, needs what no host has, or does what no snapshot can keep.
    #[error("no snapshot can be taken of the module")]
    Unfit(#[source] Cause),
    /// One of the directories is not there.
    #[error("the directory `{}` cannot be opened", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: Cause,
    },
    /// The initialiser gave up. What it wrote to standard error says why.
    #[error("`{function}` ended the module with exit code {code}")]
    Exited {
        /// The initialiser.
        function: String,
        /// Its exit code.
        code: i32,
    },
    /// The initialiser trapped.
    #[error("`{function}` trapped")]
    Trapped {
        /// The initialiser.
        function: String,
        /// Where and why.
        #[source]
        source: Cause,
    },
}

/// The host's side of the module.
struct Host {
    wasi: WasiP1Ctx,
    sequence: SplitMix64,
}

/// The module as it is after `_initialize`, if it has one, and `initializer` were called. Equal
/// modules and surroundings give equal bytes, wherever the directories are.
pub fn snapshot(
    module: &[u8],
    initializer: &str,
    surroundings: &Surroundings,
) -> Result<Vec<u8>, SnapshotError> {
    let unfit = |error: wasmtime::Error| SnapshotError::Unfit(error.into());
    let mut wizer = Wizer::new();
    wizer.init_func(initializer);
    let (parsed, instrumented) = wizer.instrument(module).map_err(unfit)?;
    let engine = engine().map_err(unfit)?;
    let compiled = Module::new(&engine, &instrumented).map_err(unfit)?;
    let linker = linker(&engine, &compiled).map_err(unfit)?;
    let sequence = SplitMix64(surroundings.seed(module));
    let mut store = Store::new(&engine, Host { wasi: surroundings.wasi()?, sequence });
    in_tokio(async {
        let instance = linker.instantiate_async(&mut store, &compiled).await.map_err(unfit)?;
        if instance.get_func(&mut store, "_initialize").is_some() && initializer != "_initialize" {
            call(&mut store, &instance, "_initialize").await?;
        }
        call(&mut store, &instance, initializer).await?;
        wizer.snapshot(&parsed, &mut State { store, instance }).await.map_err(unfit)
    })
}

/// Compiles fast, and computes the same on every processor.
fn engine() -> wasmtime::Result<wasmtime::Engine> {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::None)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .max_wasm_stack(STACK)
        .async_stack_size(FIBER_STACK);
    wasmtime::Engine::new(&config)
}

/// Preview 1, and a trap for whatever else the module imports: that is for the component to come.
fn linker(engine: &wasmtime::Engine, module: &Module) -> wasmtime::Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    p1::add_to_linker_async(&mut linker, |host: &mut Host| &mut host.wasi)?;
    linker.allow_shadowing(true);
    linker.func_wrap(PREVIEW_1, "random_get", random_get)?;
    linker.define_unknown_imports_as_traps(module)?;
    Ok(linker)
}

fn random_get(mut caller: Caller<'_, Host>, at: u32, length: u32) -> wasmtime::Result<i32> {
    let bytes = random_bytes(&mut caller.data_mut().sequence, u64::from(length))?;
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        wasmtime::bail!("the module exports no memory");
    };
    memory.write(&mut caller, usize::try_from(at)?, &bytes)?;
    Ok(0)
}

async fn call(
    store: &mut Store<Host>,
    instance: &Instance,
    function: &str,
) -> Result<(), SnapshotError> {
    let typed = instance.get_typed_func::<(), ()>(&mut *store, function);
    let typed = typed.map_err(|error| SnapshotError::Unfit(error.into()))?;
    let function = || function.to_owned();
    typed.call_async(store, ()).await.map_err(|error| match error.downcast_ref() {
        Some(&I32Exit(code)) => SnapshotError::Exited { function: function(), code },
        None => SnapshotError::Trapped { function: function(), source: error.into() },
    })
}

impl Surroundings {
    fn wasi(&self) -> Result<WasiP1Ctx, SnapshotError> {
        let clock = Clock::default();
        let mut wasi = WasiCtxBuilder::new();
        wasi.wall_clock(clock.clone())
            .monotonic_clock(clock)
            .stdin(MemoryInputPipe::new(self.input_of_guest()))
            .inherit_stdout()
            .inherit_stderr()
            .allow_blocking_current_thread(true);
        for (name, value) in &self.variables {
            wasi.env(name, value);
        }
        for Directory { host, guest } in &self.directories {
            wasi.preopened_dir(host, guest, FsPerms::ReadOnly).map_err(|error| {
                SnapshotError::Directory { path: host.clone(), source: error.into() }
            })?;
        }
        Ok(wasi.build_p1())
    }

    /// The input with the paths that the initialiser knows.
    fn input_of_guest(&self) -> String {
        self.input.split(' ').map(|word| self.word_of_guest(word)).collect::<Vec<_>>().join(" ")
    }

    fn word_of_guest(&self, word: &str) -> String {
        // The innermost, where one directory is in another.
        let inside = self.directories.iter().filter_map(|Directory { host, guest }| {
            Some((host.as_os_str().len(), guest, Path::new(word).strip_prefix(host).ok()?))
        });
        match inside.max_by_key(|(length, ..)| *length) {
            Some((_, guest, rest)) => format!("{}/{}", guest.trim_end_matches('/'), rest.display()),
            None => word.to_owned(),
        }
    }

    /// What the random numbers begin with: from the module, the variables, the input, and the
    /// files that the input names, here or below the initialiser's root.
    fn seed(&self, module: &[u8]) -> u64 {
        let root = self.directories.iter().find(|directory| directory.guest == "/");
        let named = self.input.split(' ').filter_map(|word| {
            let path = root.map_or(word.into(), |root| root.host.join(word));
            Digest::of_file(&path).ok()
        });
        let named: Vec<String> = named.map(|digest| digest.to_string()).collect();
        let all = (Digest::of(module).to_string(), &self.variables, self.input_of_guest(), named);
        let digest = Digest::of(format!("{all:?}").as_bytes()).to_string();
        u64::from_str_radix(&digest[..16], 16).expect("a digest is of hexadecimal digits")
    }
}

/// The instance as Wizer looks into it.
struct State {
    store: Store<Host>,
    instance: Instance,
}

impl InstanceState for State {
    async fn global_get(&mut self, name: &str, _: ValType) -> SnapshotVal {
        let global = self.instance.get_global(&mut self.store, name).expect("Wizer exports it");
        match global.get(&mut self.store) {
            Val::I32(value) => SnapshotVal::I32(value),
            Val::I64(value) => SnapshotVal::I64(value),
            Val::F32(value) => SnapshotVal::F32(value),
            Val::F64(value) => SnapshotVal::F64(value),
            Val::V128(value) => SnapshotVal::V128(value.as_u128()),
            _ => unreachable!("Wizer refuses modules with mutable references"),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        let memory = self.instance.get_memory(&mut self.store, name).expect("Wizer exports it");
        contents(memory.data(&self.store));
    }
}

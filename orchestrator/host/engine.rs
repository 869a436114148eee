//! The compiler and runtime, in the one configuration that poly uses.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;
use std::str::FromStr;

use miette::Diagnostic;
use poly_cache::Digest;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use wasmtime::{Config, Strategy, WasmBacktraceDetails};

use crate::check::Samples;
use crate::manifest::{Manifest, OptLevel, Stack};

/// The host's share of the fiber that a call runs on, beside the component's stack.
const HOST_STACK: usize = 1 << 20;

/// What differs between engines. All but the stack is part of the machine code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EngineOptions {
    /// Whether fuel is counted. Code is slower with it.
    pub fuel: bool,
    /// What the compiler takes time for.
    pub opt_level: OptLevel,
    /// Whether floats that are no numbers have the same bits everywhere. Code is slower with it.
    pub canonical_nans: bool,
    /// Whether relaxed SIMD does the same on every processor.
    pub fixed_simd: bool,
    /// Stack for WebAssembly's own frames; a recursion that needs more ends the call.
    pub stack: Stack,
}

/// Compiles components and holds what was compiled; clones share it.
#[derive(Clone)]
pub struct Engine {
    inner: wasmtime::Engine,
    options: EngineOptions,
}

/// The engine cannot be made, or a component cannot be compiled.
#[derive(Debug, Error, Diagnostic)]
pub enum EngineError {
    /// wasmtime refuses the configuration on this machine.
    #[error("the WebAssembly engine cannot be set up on this machine")]
    SetUp(#[source] Cause),
    /// wasmtime refuses the component.
    #[error("the component cannot be compiled")]
    #[diagnostic(help("`poly inspect` shows what it imports and which features it uses"))]
    Compile(#[source] Cause),
}

/// What wasmtime said.
#[derive(Debug)]
pub struct Cause(wasmtime::Error);

impl EngineOptions {
    /// What a pipeline needs: one engine for all that it runs.
    pub fn of(manifest: &Manifest) -> Self {
        let run = &manifest.run;
        let deterministic = *run.deterministic.get_ref();
        Self {
            fuel: run.fuel || manifest.counts_fuel(),
            opt_level: run.opt_level,
            canonical_nans: run.nan_canonicalization || deterministic,
            fixed_simd: deterministic,
            stack: run.stack,
        }
    }
}

impl FromStr for EngineOptions {
    type Err = serde_json::Error;

    /// From JSON, as they are handed from one poly to another.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text)
    }
}

impl Engine {
    /// An engine for this machine.
    pub fn new(options: &EngineOptions) -> Result<Self, EngineError> {
        Self::with_concurrency(*options, false)
    }

    /// The same with WASI 0.3's concurrency: async functions, streams and futures. Every call
    /// takes it longer (12 µs instead of 9 through four components), so it gets only what the
    /// one without refuses.
    pub(super) fn concurrent(&self) -> Result<Self, EngineError> {
        Self::with_concurrency(self.options, true)
    }

    fn with_concurrency(options: EngineOptions, concurrency: bool) -> Result<Self, EngineError> {
        let EngineOptions { fuel, opt_level, canonical_nans, fixed_simd, stack } = options;
        let mut config = Config::new();
        config
            .strategy(Strategy::Cranelift)
            .parallel_compilation(true)
            .epoch_interruption(true)
            .consume_fuel(fuel)
            .cranelift_opt_level(match opt_level {
                OptLevel::None => wasmtime::OptLevel::None,
                OptLevel::Speed => wasmtime::OptLevel::Speed,
                OptLevel::SpeedAndSize => wasmtime::OptLevel::SpeedAndSize,
            })
            .cranelift_nan_canonicalization(canonical_nans)
            .relaxed_simd_deterministic(fixed_simd)
            .max_wasm_stack(stack.bytes())
            .async_stack_size(stack.bytes() + HOST_STACK)
            .wasm_backtrace_max_frames(NonZeroUsize::new(Samples::DEEPEST))
            .concurrency_support(concurrency)
            // Said here, and not left to the environment. Debug information is read by another
            // process (see `build`): the runtime knows no bound.
            .wasm_backtrace_details(WasmBacktraceDetails::Disable);
        let inner = wasmtime::Engine::new(&config).map_err(|it| EngineError::SetUp(it.into()))?;
        Ok(Self { inner, options })
    }

    /// Whether it counts fuel.
    pub fn counts_fuel(&self) -> bool {
        self.options.fuel
    }

    /// What machine code depends on beside the component: wasmtime's version, its settings
    /// and this machine's processor, as 64 hexadecimal digits. Machine code made under one
    /// value can be loaded under the same value only.
    pub fn compatibility(&self) -> String {
        let mut bytes = HashedBytes::default();
        self.inner.precompile_compatibility_hash().hash(&mut bytes);
        Digest::of(&bytes.0).to_string()
    }

    /// The [compatibility](Self::compatibility) of an engine for this machine.
    pub fn compatibility_for(options: &EngineOptions) -> Result<String, EngineError> {
        Ok(Self::new(options)?.compatibility())
    }

    /// Compiles a component to machine code, to be kept in the store and loaded with
    /// [`Program::load`](super::Program::load).
    pub fn precompile(&self, component: &[u8]) -> Result<Vec<u8>, EngineError> {
        let compile = |engine: &Self| engine.inner.precompile_component(component);
        compile(self)
            .or_else(|_| compile(&self.concurrent()?).map_err(|it| EngineError::Compile(it.into())))
    }

    pub(super) fn inner(&self) -> &wasmtime::Engine {
        &self.inner
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Engine").field("options", &self.options).finish_non_exhaustive()
    }
}

impl From<wasmtime::Error> for Cause {
    fn from(error: wasmtime::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for Cause {
    /// The whole chain on one line: wasmtime puts the reason at its end.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#}", self.0)
    }
}

impl std::error::Error for Cause {}

/// A hasher that keeps what it is fed, so that the bytes can have a digest that is the same
/// in every process and in every version of the standard library.
#[derive(Default)]
struct HashedBytes(Vec<u8>);

impl Hasher for HashedBytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        // Nobody asks: the bytes are the result.
        0
    }
}

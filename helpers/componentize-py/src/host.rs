//! Clocks, random numbers and the environment, as the interpreter is told of them.
//!
//! wasmtime's bindings call functions without a state of ours. What they share therefore lies in a
//! static: this program makes one component, and ends.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use componentize_py::Ctx;
use sha2::{Digest as _, Sha256};
use wasmtime::bail;
use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::cli::{WasiCliCtxView, WasiCliView as _};
use wasmtime_wasi::clocks::{WasiClocksCtxView, WasiClocksView as _};
use wasmtime_wasi::filesystem::WasiFilesystemView as _;
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random};

use crate::files::Files;
use clocks::wall_clock::Datetime;

/// When everything happens: on 1 January 2000.
const BEGIN: u64 = 946_684_800;

/// By how many nanoseconds time passes when somebody looks at a clock.
const TICK: u64 = 1_000_000;

/// As many random bytes as one call may ask for.
const MOST: u64 = 1 << 26;

/// What has been told so far.
pub struct Told {
    seed: [u8; 32],
    /// How many blocks of random bytes were drawn.
    drawn: u64,
    /// Nanoseconds since the beginning.
    elapsed: u64,
    /// What stands for the inode of a file, by what the system says of it: its place in the order in
    /// which files were asked about.
    pub files: BTreeMap<(u64, u64), u64>,
    /// What is still to be read of open directories, by their number in the table of resources.
    pub listings: BTreeMap<u32, VecDeque<filesystem::types::DirectoryEntry>>,
}

static TOLD: Mutex<Told> = Mutex::new(Told {
    seed: [0; 32],
    drawn: 0,
    elapsed: 0,
    files: BTreeMap::new(),
    listings: BTreeMap::new(),
});

/// What has been told so far.
pub fn told() -> MutexGuard<'static, Told> {
    TOLD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says where all chance comes from.
pub fn settle(seed: [u8; 32]) {
    told().seed = seed;
}

/// Adds all of WASI, with what differs from run to run replaced.
pub fn add_to_linker(linker: &mut Linker<Ctx>) -> Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    linker.allow_shadowing(true);
    random::random::add_to_linker::<Ctx, Chance>(linker, |_| Chance)?;
    random::insecure::add_to_linker::<Ctx, Chance>(linker, |_| Chance)?;
    random::insecure_seed::add_to_linker::<Ctx, Chance>(linker, |_| Chance)?;
    clocks::wall_clock::add_to_linker::<Ctx, Clocks<'static>>(linker, |ctx| Clocks(ctx.clocks()))?;
    clocks::monotonic_clock::add_to_linker::<Ctx, Clocks<'static>>(linker, |ctx| {
        Clocks(ctx.clocks())
    })?;
    cli::environment::add_to_linker::<Ctx, Variables<'static>>(linker, |ctx| Variables(ctx.cli()))?;
    filesystem::types::add_to_linker::<Ctx, Files<'static>>(linker, |ctx| Files(ctx.filesystem()))?;
    linker.allow_shadowing(false);
    Ok(())
}

/// Random numbers: SHA-256 of the seed and a counter.
struct Chance;

impl HasData for Chance {
    type Data<'a> = Chance;
}

impl Chance {
    fn bytes(length: u64) -> wasmtime::Result<Vec<u8>> {
        if length > MOST {
            bail!("{length} random bytes at once are too many");
        }
        let length = usize::try_from(length)?;
        let mut bytes = Vec::with_capacity(length + 32);
        let mut told = told();
        while bytes.len() < length {
            let block = Sha256::new_with_prefix(told.seed).chain_update(told.drawn.to_le_bytes());
            bytes.extend(block.finalize());
            told.drawn += 1;
        }
        bytes.truncate(length);
        Ok(bytes)
    }

    fn number() -> wasmtime::Result<u64> {
        let mut number = [0; 8];
        number.copy_from_slice(&Self::bytes(8)?);
        Ok(u64::from_le_bytes(number))
    }
}

impl random::random::Host for Chance {
    fn get_random_bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        Self::bytes(length)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Self::number()
    }
}

impl random::insecure::Host for Chance {
    fn get_insecure_random_bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        Self::bytes(length)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        Self::number()
    }
}

impl random::insecure_seed::Host for Chance {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok((Self::number()?, Self::number()?))
    }
}

/// Clocks on which time passes by looking at them and by waiting, which takes none.
struct Clocks<'a>(WasiClocksCtxView<'a>);

impl HasData for Clocks<'static> {
    type Data<'a> = Clocks<'a>;
}

fn elapsed() -> u64 {
    let mut told = told();
    told.elapsed = told.elapsed.saturating_add(TICK);
    told.elapsed
}

/// What a time of a file, or of the clock, is told as.
pub fn time_after(nanoseconds: u64) -> Datetime {
    let within = u32::try_from(nanoseconds % 1_000_000_000).unwrap_or_default();
    Datetime { seconds: BEGIN + nanoseconds / 1_000_000_000, nanoseconds: within }
}

impl clocks::wall_clock::Host for Clocks<'_> {
    fn now(&mut self) -> wasmtime::Result<Datetime> {
        Ok(time_after(elapsed()))
    }

    fn resolution(&mut self) -> wasmtime::Result<Datetime> {
        Ok(Datetime { seconds: 0, nanoseconds: 1 })
    }
}

impl clocks::monotonic_clock::Host for Clocks<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(elapsed())
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        {
            let mut told = told();
            told.elapsed = told.elapsed.max(when);
        }
        clocks::monotonic_clock::Host::subscribe_duration(&mut self.0, 0)
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        {
            let mut told = told();
            told.elapsed = told.elapsed.saturating_add(duration);
        }
        clocks::monotonic_clock::Host::subscribe_duration(&mut self.0, 0)
    }
}

/// What componentize-py sets, and what keeps Python from writing byte code and from drawing lots for
/// the order of its sets.
struct Variables<'a>(WasiCliCtxView<'a>);

impl HasData for Variables<'static> {
    type Data<'a> = Variables<'a>;
}

impl cli::environment::Host for Variables<'_> {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        let mut variables = self.0.get_environment()?;
        let seed = told().seed;
        let hash_seed = u32::from_le_bytes([seed[0], seed[1], seed[2], seed[3]]);
        variables.push(("PYTHONHASHSEED".to_owned(), hash_seed.to_string()));
        variables.push(("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned()));
        Ok(variables)
    }

    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        self.0.get_arguments()
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        self.0.initial_cwd()
    }
}

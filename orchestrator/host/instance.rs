//! A program that runs, and the calls it takes.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use miette::Diagnostic;
use thiserror::Error;
use wasmtime::Store;
use wasmtime::component::{Func, ResourceAny, Val};
use wasmtime_wasi::runtime::in_tokio;

use super::budget::Budget;
use super::context::{self, Context};
use super::engine::Cause;
use super::excess::{Excess, Over};
use super::grants::{self, GrantError, Streams};
use super::handles::handles;
use super::held::Held;
use super::link::{self, NotStarted, Parts};
use super::lookup::{self, LookupError};
use super::meter::{Meter, go_on, watch};
use super::profiler::{self, Profiler};
use super::program::{Export, Program};
use super::reach::Reach;
use super::returned::returned;
use super::trap::Images;
use crate::bench::copied_in;
use crate::check::{ArgumentError, Call, Crossings, Ending, Outcome, Samples, WatchedFile};
use crate::manifest::{Grants, Limits};

/// A started program. Its memory lives on from one call to the next.
pub struct Instance {
    pub(super) program: Program,
    pub(super) store: Store<Context>,
    running: wasmtime::component::Instance,
    pub(super) meter: Meter,
    profiler: Option<Profiler>,
    held: Held,
    /// How a call ended that leaves the instance of no use.
    pub(super) stopped: Option<Ending>,
}

/// A call whose function is found and whose arguments are converted, for any instance of the same
/// program.
#[derive(Debug)]
pub struct Prepared {
    /// The place of the function among the program's exports.
    pub(super) export: usize,
    pub(super) arguments: Vec<Val>,
    copied: Option<u64>,
}

impl Prepared {
    /// Bytes of its arguments that each call copies into the component's memory, where that is
    /// known.
    pub fn copied(&self) -> Option<u64> {
        self.copied
    }
}

/// A program that cannot be started.
#[derive(Debug, Error, Diagnostic)]
pub enum StartError {
    /// A grant cannot be given.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Grant(#[from] GrantError),
    /// It wants something from the host that the host does not have.
    #[error("the component imports what no host of WASI 0.2 provides")]
    #[diagnostic(help("`poly inspect` shows its imports; link them to a component's exports"))]
    Import(#[source] Cause),
    /// The parts cannot be linked here.
    #[error(
        "`{part}` has async functions, streams or futures, which `--trace-calls` does not follow"
    )]
    #[diagnostic(help("leave it out, or trace a pipeline without `{part}`"))]
    Concurrent {
        /// The first part that has.
        part: String,
    },
    /// It was stopped, or stopped itself, before the first call.
    #[error("the component did not start: {}", _0.ending)]
    Stopped(Box<Outcome>),
    /// The limits have fuel, and the program was compiled without counting it.
    #[error("the component was compiled without counting fuel, and `limits.fuel` is set")]
    #[diagnostic(help("leave `fuel` out of `[limits]`, or compile it with fuel counted"))]
    FuelNotCounted,
    /// The thread that watches the time, or the one that looks where the component is, cannot be
    /// started.
    #[error("the thread that watches over the component's time cannot be started")]
    Watchdog(#[source] io::Error),
}

/// A call that cannot be made. What goes wrong within a call is its [`Outcome`].
#[derive(Debug, Error, Diagnostic)]
pub enum CallError {
    /// It names no function, or more than one.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lookup(#[from] LookupError),
    /// Its arguments do not fit.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Arguments(#[from] ArgumentError),
    /// The function takes or returns what has no text form.
    #[error("`{function}` cannot be called from outside: {what}")]
    #[diagnostic(help("call a function that makes, uses and drops it inside the component"))]
    Unspeakable {
        /// The function.
        function: String,
        /// Which of its types is what.
        what: String,
    },
    /// There is nothing to name.
    #[error("`{function}` returns nothing that could be called `{name}`")]
    #[diagnostic(help("leave `as` out"))]
    NothingToName {
        /// The function.
        function: String,
        /// The name.
        name: String,
    },
    /// An earlier call was stopped half-way.
    #[error("the instance is of no use any more: an earlier call ended with {ending}")]
    #[diagnostic(help("start a new instance: what the earlier call left half-done is unknown"))]
    Stopped {
        /// How it ended.
        ending: Ending,
    },
}

impl Instance {
    /// Starts `program` with nothing but `grants`, within `limits`. Directories are relative
    /// to `base`, the manifest's directory.
    pub fn start(
        program: &Program,
        grants: &Grants,
        limits: &Limits,
        base: &Path,
    ) -> Result<Self, StartError> {
        Self::start_parts(&Parts::from(program), grants, limits, base, &[])
    }

    /// The same for parts that the host links, and with directories of poly's `own`, which components
    /// must not be let change; [`crossings`](Self::crossings) gives what went from
    /// one to another.
    pub fn start_parts(
        parts: &Parts,
        grants: &Grants,
        limits: &Limits,
        base: &Path,
        own: &[(Reach, PathBuf)],
    ) -> Result<Self, StartError> {
        let program = parts.root();
        let engine = program.engine();
        let is_concurrent =
            |part: &&(String, Program)| part.1.engine().inner().get_concurrency_support();
        if parts.parts.len() > 1
            && let Some((part, _)) = parts.parts.iter().find(is_concurrent)
        {
            return Err(StartError::Concurrent { part: part.clone() });
        }
        if limits.fuel.is_some() && !engine.counts_fuel() {
            return Err(StartError::FuelNotCounted);
        }
        let excess = Excess::default();
        let (granted, Streams { stdout, stderr }) =
            grants::grant(grants, limits, &excess, base, own)?;
        let budget = Budget::new(limits, excess.clone());
        let mut context = Context::new(granted, budget);
        context.table.set_max_capacity(size(limits.host_resources.into()));
        let mut store = Store::new(engine.inner(), context);
        store.limiter(|context| &mut context.budget);
        store.set_hostcall_fuel(size(limits.transfer.get()));
        store.set_max_component_handles(size(limits.handles.into()));
        let mut meter = Meter {
            watchdog: watch(&mut store, limits, excess.clone()).map_err(StartError::Watchdog)?,
            excess,
            text: size(limits.transfer.get()),
            stdout,
            stderr,
            fuel: engine.counts_fuel().then(|| limits.fuel.unwrap_or(u64::MAX)),
            images: Images::of(parts),
            starting: None,
        };
        let linker = context::linker(engine.inner(), grants)
            .map_err(|error| StartError::Import(error.into()))?;
        meter.fill(&mut store);
        let begun = Instant::now();
        let starting = link::start(&mut store, parts, &linker);
        let started = in_tokio(meter.within(begun, Duration::ZERO, starting));
        meter.starting = Some(begun.elapsed());
        match started {
            Some(Ok(running)) => Ok(Self {
                program: program.clone(),
                store,
                running,
                meter,
                profiler: None,
                held: Held::default(),
                stopped: None,
            }),
            Some(Err(NotStarted::Import(error))) => Err(StartError::Import(error.into())),
            stopped => {
                let error = match stopped {
                    Some(Err(NotStarted::Stopped(error))) => Some(error),
                    _ => None,
                };
                let ending = meter.ending(error.as_ref());
                let outcome = meter.outcome(&store, ending, Duration::ZERO);
                Err(StartError::Stopped(Box::new(outcome)))
            }
        }
    }

    /// Calls an exported function. Any number of calls may follow one another; after one that
    /// did not return, none may. Handles in what it returns are dropped.
    pub fn call(&mut self, call: &Call) -> Result<Outcome, CallError> {
        self.call_as(call, None)
    }

    /// The same; what is returned is kept under `name`, if there is one, so that later calls can
    /// refer to it.
    pub fn call_as(&mut self, call: &Call, name: Option<&str>) -> Result<Outcome, CallError> {
        self.refuse_if_stopped()?;
        let exports = Arc::clone(self.program.exports());
        let export = &exports[self.find(call)?];
        if let (Some(name), None) = (name, &export.result) {
            let (function, name) = (export.signature.name(), name.to_owned());
            return Err(CallError::NothingToName { function, name });
        }
        let arguments = self.held.arguments(call, export, self.program.resources())?;
        Ok(self.run(export, &arguments, name))
    }

    /// Finds the function and converts the arguments, to make the call any number of times. It may
    /// refer to no value of another.
    pub fn prepare(&self, call: &Call) -> Result<Prepared, CallError> {
        let place = self.find(call)?;
        let export = &self.program.exports()[place];
        if export.result.as_ref().is_some_and(|result| result.has_handles) {
            let what = "its result holds a resource".to_owned();
            return Err(CallError::Unspeakable { function: export.signature.name(), what });
        }
        let arguments = Held::default().arguments(call, export, self.program.resources())?;
        let copied = copied_in(&export.parameters, &arguments);
        Ok(Prepared { export: place, arguments, copied })
    }

    /// The place of the function among the program's exports.
    fn find(&self, call: &Call) -> Result<usize, CallError> {
        let place = lookup::find(call, self.program.functions())?;
        let export = &self.program.exports()[place];
        if let Some(what) = &export.unspeakable {
            let function = export.signature.name();
            return Err(CallError::Unspeakable { function, what: what.clone() });
        }
        Ok(place)
    }

    /// Drops what is still held of its resources, and ends it: what came of that, if it did not end
    /// well.
    pub fn finish(mut self) -> Option<Outcome> {
        let handles = self.held.take_handles();
        if self.stopped.is_some() || handles.is_empty() {
            return None;
        }
        self.meter.fill(&mut self.store);
        let begun = Instant::now();
        let ending = self.drop_handles(handles, begun, Duration::ZERO)?;
        Some(self.meter.outcome(&self.store, ending, begun.elapsed()))
    }

    /// Says of a call what became of the files that were watched meanwhile, without secrets.
    pub fn add_files(&self, outcome: &mut Outcome, files: BTreeMap<String, WatchedFile>) {
        outcome.files = files;
        self.store.data().granted.secrets.hide_in_files(&mut outcome.files);
    }

    /// Bytes of memory that all parts have grown to together.
    pub fn memory(&self) -> u64 {
        self.store.data().budget.used()
    }

    pub(super) fn refuse_if_stopped(&self) -> Result<(), CallError> {
        match &self.stopped {
            Some(ending) => Err(CallError::Stopped { ending: ending.clone() }),
            None => Ok(()),
        }
    }

    pub(super) fn function(&mut self, export: &Export) -> Func {
        let found = self.running.get_func(&mut self.store, export.index);
        found.expect("the export was found in this very component")
    }

    /// What went from one part to another since this was asked last.
    pub fn crossings(&mut self) -> Crossings {
        self.store.data_mut().crossings.take()
    }

    /// From now on, looks again and again where the component is; [`samples`](Self::samples) gives
    /// what was seen.
    pub fn profile(&mut self) -> Result<(), StartError> {
        let engine = self.store.engine().clone();
        let started = Profiler::start(move || engine.increment_epoch());
        let (profiler, eye) = started.map_err(StartError::Watchdog)?;
        let (alarm, excess) = (self.meter.watchdog.alarm(), self.meter.excess.clone());
        self.store.epoch_deadline_callback(move |store| {
            eye.look(&store);
            go_on(&alarm, &excess)
        });
        self.profiler = Some(profiler);
        Ok(())
    }

    /// What was seen since [`profile`](Self::profile).
    pub fn samples(&self) -> Samples {
        self.profiler.as_ref().map(Profiler::take).unwrap_or_default()
    }

    /// How often a profiled instance is looked at.
    pub const SAMPLED_EVERY: Duration = profiler::INTERVAL;

    /// Looks names up in another way than the system's.
    #[cfg(test)]
    pub(super) fn resolve_with(&mut self, resolve: super::names::Resolve) {
        self.store.data_mut().granted.requests.resolve_with(resolve);
    }

    fn run(&mut self, export: &Export, arguments: &[Val], name: Option<&str>) -> Outcome {
        let function = self.function(export);
        let mut results = export.slots();
        if self.meter.starting.is_none() {
            self.meter.fill(&mut self.store);
        }
        let spent = self.meter.starting.unwrap_or_default();
        let begun = Instant::now();
        let calling = function.call_async(&mut self.store, arguments, &mut results);
        let called = in_tokio(self.meter.within(begun, spent, calling));
        let mut ending = match self.meter.failure(called) {
            Some(ending) => ending,
            None => match returned(export.result.as_ref(), results.first(), self.meter.text) {
                Ok(returned) => Ending::Returned(returned),
                Err(Over(limit)) => Ending::Exceeded(limit),
            },
        };
        if let (Ending::Returned(_), Some(of), Some(value)) =
            (&ending, &export.result, results.pop())
        {
            match name {
                Some(name) => self.held.keep(name, value, of.of.clone()),
                None if of.has_handles => {
                    let dropped = self.drop_handles(handles(&value), begun, spent);
                    ending = dropped.unwrap_or(ending);
                }
                None => {}
            }
        }
        let outcome = self.meter.outcome(&self.store, ending, begun.elapsed());
        if !outcome.is_return() {
            self.stopped = Some(outcome.ending.clone());
        }
        outcome
    }

    /// Drops handles, which runs the destructors of their resources; how that ended, if not well.
    /// It counts as part of the call that began at `begun`, before which `spent` had passed.
    fn drop_handles(
        &mut self,
        handles: Vec<ResourceAny>,
        begun: Instant,
        spent: Duration,
    ) -> Option<Ending> {
        let store = &mut self.store;
        let dropping = async {
            for handle in handles {
                handle.resource_drop_async(&mut *store).await?;
            }
            Ok(())
        };
        let dropped = in_tokio(self.meter.within(begun, spent, dropping));
        self.meter.failure(dropped)
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Instance").field("stopped", &self.stopped).finish_non_exhaustive()
    }
}

/// A number from the manifest as a size in memory.
pub(super) fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

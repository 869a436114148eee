//! A program that runs, and the calls it takes.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use miette::Diagnostic;
use thiserror::Error;
use wasmtime::component::Val;
use wasmtime::component::wasm_wave::writer::Writer;
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi::runtime::in_tokio;

use super::budget::Budget;
use super::capture::Capture;
use super::context::{self, Context};
use super::engine::Cause;
use super::excess::{self, Excess, Over};
use super::grants::{self, GrantError};
use super::lookup::{self, LookupError};
use super::program::{Export, Program, Returns};
use super::trap;
use super::watchdog::Watchdog;
use crate::check::{ArgumentError, Call, Ending, Outcome, Returned};
use crate::manifest::{Grants, Limit, Limits};

/// A started program. Its memory lives on from one call to the next.
pub struct Instance {
    program: Program,
    store: Store<Context>,
    running: wasmtime::component::Instance,
    meter: Meter,
    /// How a call ended that leaves the instance of no use.
    stopped: Option<Ending>,
}

/// Measures and limits what a call uses up.
struct Meter {
    watchdog: Watchdog,
    /// What the call went over, as far as poly itself noticed.
    excess: Excess,
    /// Bytes that the text of what a call returns may have.
    text: usize,
    stdout: Option<Capture>,
    stderr: Option<Capture>,
    /// Fuel of one call; none where it is not counted.
    fuel: Option<u64>,
    /// Time that starting took, counted with the first call.
    starting: Option<Duration>,
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
    /// It was stopped, or stopped itself, before the first call.
    #[error("the component did not start: {}", _0.ending)]
    Stopped(Box<Outcome>),
    /// The limits have fuel, and the program was compiled without counting it.
    #[error("the component was compiled without counting fuel, and `limits.fuel` is set")]
    FuelNotCounted,
    /// The thread that watches the time cannot be started.
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
    #[error("`{function}` cannot be called from outside: {what} is a resource, stream or future")]
    #[diagnostic(help("call a function that makes, uses and drops it inside the component"))]
    Unspeakable {
        /// The function.
        function: String,
        /// Which of its types.
        what: String,
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
        let engine = program.engine();
        if limits.fuel.is_some() && !engine.counts_fuel() {
            return Err(StartError::FuelNotCounted);
        }
        let excess = Excess::default();
        let granted = grants::grant(grants, limits, &excess, base)?;
        let budget = Budget::new(limits, excess.clone());
        let mut context = Context::new(granted.wasi, granted.clock, budget);
        context.table.set_max_capacity(size(limits.host_resources.into()));
        let mut store = Store::new(engine.inner(), context);
        store.limiter(|context| &mut context.budget);
        store.set_hostcall_fuel(size(limits.transfer.get()));
        store.set_max_component_handles(size(limits.handles.into()));
        let mut meter = Meter {
            watchdog: watch(&mut store, limits, excess.clone())?,
            excess,
            text: size(limits.transfer.get()),
            stdout: granted.stdout,
            stderr: granted.stderr,
            fuel: engine.counts_fuel().then(|| limits.fuel.unwrap_or(u64::MAX)),
            starting: None,
        };
        let linked = context::linker(engine.inner(), grants)
            .and_then(|linker| linker.instantiate_pre(program.component()))
            .map_err(|error| StartError::Import(error.into()))?;

        meter.fill(&mut store);
        let begun = Instant::now();
        let starting = linked.instantiate_async(&mut store);
        let started = in_tokio(meter.watchdog.limit(Duration::ZERO, starting));
        meter.starting = Some(begun.elapsed());
        match started {
            Some(Ok(running)) => {
                Ok(Self { program: program.clone(), store, running, meter, stopped: None })
            }
            stopped => {
                let error = stopped.and_then(Result::err);
                let ending = meter.ending(error.as_ref());
                let outcome = meter.outcome(&store, ending, Duration::ZERO);
                Err(StartError::Stopped(Box::new(outcome)))
            }
        }
    }

    /// Calls an exported function. Any number of calls may follow one another; after one that
    /// did not return, none may.
    pub fn call(&mut self, call: &Call) -> Result<Outcome, CallError> {
        if let Some(ending) = &self.stopped {
            return Err(CallError::Stopped { ending: ending.clone() });
        }
        let exports = Arc::clone(self.program.exports());
        let export = &exports[lookup::find(call, self.program.functions())?];
        if let Some(what) = &export.unspeakable {
            let function = export.signature.name();
            return Err(CallError::Unspeakable { function, what: what.clone() });
        }
        let arguments = call.arguments::<Val>(&export.signature, &export.parameters)?;
        Ok(self.run(export, &arguments))
    }

    fn run(&mut self, export: &Export, arguments: &[Val]) -> Outcome {
        let function = self
            .running
            .get_func(&mut self.store, export.index)
            .expect("the export was found in this very component");
        let mut results = match export.result {
            Returns::Nothing => Vec::new(),
            _ => vec![Val::Bool(false)],
        };
        if self.meter.starting.is_none() {
            self.meter.fill(&mut self.store);
        }
        let spent = self.meter.starting.unwrap_or_default();
        let begun = Instant::now();
        let calling = function.call_async(&mut self.store, arguments, &mut results);
        let called = in_tokio(self.meter.watchdog.limit(spent, calling));
        let elapsed = begun.elapsed();
        let ending = match called {
            // Not every limit stops the component that goes over it: it may drop the error.
            Some(Ok(())) if self.meter.excess.limit().is_none() => {
                match returned(&export.result, results.first(), self.meter.text) {
                    Ok(returned) => Ending::Returned(returned),
                    Err(Over(limit)) => Ending::Exceeded(limit),
                }
            }
            stopped => self.meter.ending(stopped.and_then(Result::err).as_ref()),
        };
        if !matches!(ending, Ending::Returned(_)) {
            self.stopped = Some(ending.clone());
        }
        self.meter.outcome(&self.store, ending, elapsed)
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Instance").field("stopped", &self.stopped).finish_non_exhaustive()
    }
}

impl Meter {
    /// Gives the next call its fuel.
    fn fill(&self, store: &mut Store<Context>) {
        if let Some(fuel) = self.fuel {
            store.set_fuel(fuel).expect("an engine that counts fuel takes it");
        }
    }

    /// How a call ended that did not return; no error where it waited when its time was up.
    fn ending(&self, error: Option<&wasmtime::Error>) -> Ending {
        let Some(error) = error else {
            return Ending::Exceeded(self.excess.limit().unwrap_or(Limit::Timeout));
        };
        match self.excess.limit().or_else(|| excess::of(error)) {
            Some(limit) => Ending::Exceeded(limit),
            None => Ending::Trapped(trap::describe(error)),
        }
    }

    fn outcome(&mut self, store: &Store<Context>, ending: Ending, elapsed: Duration) -> Outcome {
        let left = store.get_fuel().unwrap_or_default();
        Outcome {
            ending,
            stdout: self.stdout.as_ref().map(Capture::take),
            stderr: self.stderr.as_ref().map(Capture::take),
            refusals: Vec::new(),
            fuel: self.fuel.map(|fuel| fuel.saturating_sub(left)),
            elapsed: elapsed + self.starting.take().unwrap_or_default(),
        }
    }
}

/// Starts the watchdog and teaches the running code to ask it.
fn watch(
    store: &mut Store<Context>,
    limits: &Limits,
    excess: Excess,
) -> Result<Watchdog, StartError> {
    let engine = store.engine().clone();
    let watchdog = Watchdog::start(limits.timeout.duration(), move || engine.increment_epoch())
        .map_err(StartError::Watchdog)?;
    let alarm = watchdog.alarm();
    store.set_epoch_deadline(1);
    // The epoch is the engine's and moves on for another instance's sake too.
    store.epoch_deadline_callback(move |_| {
        if alarm.is_over() {
            Err(excess.note(Limit::Timeout).into())
        } else {
            Ok(UpdateDeadline::Continue(1))
        }
    });
    Ok(watchdog)
}

/// A number from the manifest as a size in memory.
fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// What a call returned, as text of at most `most` bytes: a number or a character can be some
/// hundred times as long in it as it is in memory.
fn returned(of: &Returns, value: Option<&Val>, most: usize) -> Result<Option<Returned>, Over> {
    let (Returns::Value(of), Some(value)) = (of, value) else {
        return Ok(None);
    };
    let mut text = Text { text: String::new(), most };
    Writer::new(&mut text).write_value(value).map_err(|_| Over(Limit::Transfer))?;
    Ok(Some(Returned { text: text.text, of: of.clone() }))
}

/// A text that takes no more than so many bytes.
struct Text {
    text: String,
    most: usize,
}

impl fmt::Write for Text {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if more.len() > self.most - self.text.len() {
            return Err(fmt::Error);
        }
        self.text.push_str(more);
        Ok(())
    }
}

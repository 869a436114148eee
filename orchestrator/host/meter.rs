//! What a call uses up, measured and limited.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use tokio::time::timeout;
use wasmtime::{Store, UpdateDeadline};

use super::capture::Capture;
use super::context::Context;
use super::excess::{self, Excess};
use super::trap::{self, Images};
use super::watchdog::{Alarm, Watchdog};
use crate::check::{Ending, Outcome};
use crate::manifest::{Limit, Limits};

/// How long a call that is over waits for what it wrote, though its time is up: what is on its way
/// arrives in that time unless nobody reads it.
const ON_ITS_WAY: Duration = Duration::from_millis(100);

/// Measures and limits what a call uses up.
pub(super) struct Meter {
    pub(super) watchdog: Watchdog,
    /// What the call went over, as far as poly itself noticed.
    pub(super) excess: Excess,
    /// Bytes that the text of what a call returns may have.
    pub(super) text: usize,
    pub(super) stdout: Option<Capture>,
    pub(super) stderr: Option<Capture>,
    /// Fuel of one call; none where it is not counted.
    pub(super) fuel: Option<u64>,
    /// Where the machine code lies that a trap is in.
    pub(super) images: Images,
    /// Time that starting took, counted with the first call.
    pub(super) starting: Option<Duration>,
}

impl Meter {
    /// Gives the next call its fuel.
    pub(super) fn fill(&self, store: &mut Store<Context>) {
        if let Some(fuel) = self.fuel {
            store.set_fuel(fuel).expect("an engine that counts fuel takes it");
        }
    }

    pub(super) fn counts_fuel(&self) -> bool {
        self.fuel.is_some()
    }

    /// Fuel that the last call used, where it is counted.
    pub(super) fn used(&self, store: &Store<Context>) -> Option<u64> {
        let left = store.get_fuel().unwrap_or_default();
        self.fuel.map(|fuel| fuel.saturating_sub(left))
    }

    /// Makes ready for a call that nothing is told of what was before it.
    pub(super) fn renew(&mut self, store: &mut Store<Context>) {
        self.fill(store);
        self.starting = None;
        for stream in [&self.stdout, &self.stderr].into_iter().flatten() {
            stream.take();
        }
    }

    /// Waits for a call that begins at `begun`, before which `spent` had passed, and then for what it
    /// wrote to arrive where it is handed on to: in the time of the call. None when that was up while
    /// the call waited inside the host.
    pub(super) async fn within<T, E>(
        &self,
        begun: Instant,
        spent: Duration,
        call: impl Future<Output = Result<T, E>>,
    ) -> Option<Result<T, E>> {
        let called = self.watchdog.limit(begun, spent, call).await;
        let streams = [&self.stdout, &self.stderr].into_iter().flatten();
        for stream in streams.filter(|stream| stream.goes_onward) {
            let left = self.watchdog.left(begun, spent).max(ON_ITS_WAY);
            let arrived = timeout(left, stream.send_rest()).await;
            // A call that failed has an ending of its own.
            if arrived.is_err() && matches!(called, Some(Ok(_))) {
                self.excess.note(Limit::Timeout);
            }
        }
        called
    }

    /// How a call ended, if it did not return.
    pub(super) fn failure(&self, called: Option<wasmtime::Result<()>>) -> Option<Ending> {
        match called {
            // Not every limit stops the component that goes over it: it may drop the error.
            Some(Ok(())) if self.excess.limit().is_none() => None,
            stopped => Some(self.ending(stopped.and_then(Result::err).as_ref())),
        }
    }

    /// How a call ended that did not return; no error where it waited when its time was up.
    pub(super) fn ending(&self, error: Option<&wasmtime::Error>) -> Ending {
        let Some(error) = error else {
            return Ending::Exceeded(self.excess.limit().unwrap_or(Limit::Timeout));
        };
        match self.excess.limit().or_else(|| excess::of(error)) {
            Some(limit) => Ending::Exceeded(limit),
            None => Ending::Trapped(trap::describe(error, &self.images)),
        }
    }

    pub(super) fn outcome(
        &mut self,
        store: &Store<Context>,
        ending: Ending,
        elapsed: Duration,
    ) -> Outcome {
        let granted = &store.data().granted;
        let mut outcome = Outcome {
            ending,
            stdout: self.stdout.as_ref().and_then(Capture::take),
            stderr: self.stderr.as_ref().and_then(Capture::take),
            refusals: granted.refusals.take(),
            files: BTreeMap::new(),
            fuel: self.used(store),
            elapsed: elapsed + self.starting.take().unwrap_or_default(),
        };
        granted.secrets.hide_in(&mut outcome);
        outcome
    }
}

/// Starts the watchdog and teaches the running code to ask it.
pub(super) fn watch(
    store: &mut Store<Context>,
    limits: &Limits,
    excess: Excess,
) -> io::Result<Watchdog> {
    let engine = store.engine().clone();
    let watchdog = Watchdog::start(limits.timeout.duration(), move || engine.increment_epoch())?;
    let alarm = watchdog.alarm();
    store.set_epoch_deadline(1);
    // The epoch is the engine's and moves on for another instance's sake too.
    store.epoch_deadline_callback(move |_| go_on(&alarm, &excess));
    Ok(watchdog)
}

/// What running code does whenever the epoch has moved on.
pub(super) fn go_on(alarm: &Alarm, excess: &Excess) -> wasmtime::Result<UpdateDeadline> {
    if alarm.is_over() {
        Err(excess.note(Limit::Timeout).into())
    } else {
        Ok(UpdateDeadline::Continue(1))
    }
}

//! One call, made many times and timed one by one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime_wasi::runtime::in_tokio;

use super::instance::{CallError, Instance, Prepared};
use super::typed::typed;
use crate::check::Outcome;

/// What came of making a call many times.
#[derive(Debug)]
pub struct Repeated {
    /// Nanoseconds of each call that returned, in order. Between two calls the clock is read once,
    /// so that they add up to the time of all.
    pub nanoseconds: Vec<u64>,
    /// Fuel that each of them used; empty where fuel is not counted.
    pub fuel: Vec<u64>,
    /// What came of the call after them, if one did not return.
    pub ended: Option<Outcome>,
}

impl Instance {
    /// Makes a call so many times in a row, each within the limits of a call of its own. What is
    /// written to granted streams is dropped.
    pub fn repeat(&mut self, prepared: &Prepared, times: usize) -> Result<Repeated, CallError> {
        self.refuse_if_stopped()?;
        let exports = Arc::clone(self.program.exports());
        let export = &exports[prepared.export];
        let function = self.function(export);
        let mut results = export.slots();
        let Self { store, meter, .. } = self;
        let typed = typed(&function, store, &prepared.arguments);
        let mut nanoseconds = Vec::with_capacity(times);
        let mut fuel = Vec::with_capacity(if meter.counts_fuel() { times } else { 0 });
        let ended = in_tokio(async {
            meter.renew(store);
            let mut begun = Instant::now();
            for _ in 0..times {
                let called = if let Some(typed) = &typed {
                    meter.within(begun, Duration::ZERO, typed.call(store)).await
                } else {
                    let arguments = &prepared.arguments;
                    let calling = function.call_async(&mut *store, arguments, &mut results);
                    meter.within(begun, Duration::ZERO, calling).await
                };
                if let Some(ending) = meter.failure(called) {
                    return Some(meter.outcome(store, ending, begun.elapsed()));
                }
                fuel.extend(meter.used(store));
                meter.renew(store);
                let now = Instant::now();
                nanoseconds.push(u64::try_from((now - begun).as_nanos()).unwrap_or(u64::MAX));
                begun = now;
            }
            None
        });
        self.stopped = ended.as_ref().map(|outcome| outcome.ending.clone());
        Ok(Repeated { nanoseconds, fuel, ended })
    }
}

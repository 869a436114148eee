//! The calls, and what is counted of them.
//!
//! Each side has one instance, which takes one call, then some to warm up, and then those that
//! count, in rounds: where there are two sides, they take turns, and each begins every other round.
//! So what disturbs the machine for a while disturbs both.

use std::time::{Duration, Instant};

use serde::Serialize;
use wasm_wave::value::Value;

use super::side::Side;
use crate::bench::{self, Distribution, Ratio};
use crate::check::{Ending, Outcome};
use crate::commands::CommandError;
use crate::commands::sandbox::Sandbox;
use crate::commands::turns::by_turns;
use crate::host::{Instance, Prepared, Repeated};

/// In how many rounds the calls are made.
const ROUNDS: usize = 100;

/// One call of so many is made once more before those that count.
const WARM_UP: usize = 100;

/// How many calls, at most, are made for fuel: it hardly varies, and code that counts it is slow.
const COUNTED: usize = 1_000;

/// What was measured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Measured {
    /// How many calls of each side count.
    pub(super) calls: usize,
    /// How many were made before them.
    pub(super) before: usize,
    /// Nanoseconds that reading the clock takes, which it is once a call.
    pub(super) clock: u64,
    /// One or two.
    pub(super) sides: Vec<Figures>,
    /// How many times as long the first took as the second.
    pub(super) ratio: Option<Ratio>,
}

/// The figures of one side.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Figures {
    /// The call.
    pub(super) call: String,
    /// What it was made to.
    pub(super) to: String,
    /// Nanoseconds of starting an instance and making the first call.
    pub(super) first: u64,
    /// Nanoseconds of a call.
    pub(super) nanoseconds: Distribution,
    /// Fuel of a call, and whether it was counted apart, in code that was compiled for it.
    pub(super) fuel: Distribution,
    pub(super) fuel_apart: bool,
    /// Bytes that a call copies across the host's boundary, where that is known: its arguments, and
    /// what the first returned.
    pub(super) copied_in: Option<u64>,
    pub(super) copied_out: Option<u64>,
    /// Bytes of memory before the calls that count, and by how much it grew with them.
    pub(super) memory: u64,
    pub(super) grown: u64,
}

/// A side that runs.
struct Running<'s, 'p> {
    side: &'s Side<'p>,
    instance: Instance,
    prepared: Prepared,
    first: Duration,
    /// Calls that returned so far.
    done: usize,
    nanoseconds: Vec<u64>,
    rounds: Vec<u64>,
    fuel: Vec<u64>,
    copied_out: Option<u64>,
    memory: u64,
}

/// Makes so many calls of each side.
pub(super) fn measure(sides: &[Side<'_>], calls: usize) -> Result<Measured, CommandError> {
    let warm_up = calls.div_ceil(WARM_UP);
    let mut running = Vec::new();
    for side in sides {
        let mut one = Running::start(side, side.timed)?;
        one.repeat(warm_up)?;
        one.begin();
        running.push(one);
    }
    let rounds = calls.min(ROUNDS);
    by_turns(&mut running, rounds, |one, round| {
        one.round(calls * (round + 1) / rounds - calls * round / rounds)
    })?;
    let ratio = match running.as_slice() {
        [one, other] => {
            let pairs = one.rounds.iter().copied().zip(other.rounds.iter().copied());
            Ratio::of(&pairs.collect::<Vec<_>>())
        }
        _ => None,
    };
    let figures = running.into_iter().map(|one| one.figures(calls));
    Ok(Measured {
        calls,
        before: warm_up + 1,
        clock: clock(),
        sides: figures.collect::<Result<_, _>>()?,
        ratio,
    })
}

impl<'s, 'p> Running<'s, 'p> {
    fn start(side: &'s Side<'p>, sandbox: &Sandbox<'p>) -> Result<Self, CommandError> {
        let begun = Instant::now();
        let mut instance = match sandbox.start_for(None)? {
            Ok(instance) => instance,
            Err(outcome) => return Err(side.ended(0, outcome)),
        };
        let prepared = instance.prepare(side.call)?;
        let outcome = instance.call(side.call)?;
        let first = begun.elapsed();
        if !outcome.is_return() {
            return Err(side.ended(0, outcome));
        }
        Ok(Self {
            side,
            instance,
            prepared,
            first,
            done: 1,
            nanoseconds: Vec::new(),
            rounds: Vec::new(),
            fuel: Vec::new(),
            copied_out: copied_out(&outcome),
            memory: 0,
        })
    }

    fn repeat(&mut self, times: usize) -> Result<Repeated, CommandError> {
        let mut repeated = self.instance.repeat(&self.prepared, times)?;
        self.done += repeated.nanoseconds.len();
        match repeated.ended.take() {
            None => Ok(repeated),
            Some(outcome) => Err(self.side.ended(self.done, outcome)),
        }
    }

    /// What comes from here on counts.
    fn begin(&mut self) {
        self.memory = self.instance.memory();
    }

    fn round(&mut self, times: usize) -> Result<(), CommandError> {
        let Repeated { nanoseconds, fuel, .. } = self.repeat(times)?;
        self.rounds.push(nanoseconds.iter().sum());
        self.nanoseconds.extend(nanoseconds);
        self.fuel.extend(fuel);
        Ok(())
    }

    fn figures(mut self, calls: usize) -> Result<Figures, CommandError> {
        let grown = self.instance.memory() - self.memory;
        if let Some(counted) = self.side.counted {
            let mut apart = Self::start(self.side, counted)?;
            self.fuel = apart.repeat(calls.min(COUNTED))?.fuel;
        }
        let spread = |values| Distribution::of(values).expect("at least one call counts");
        Ok(Figures {
            call: self.side.call.text().to_owned(),
            to: self.side.subject.to_string(),
            first: u64::try_from(self.first.as_nanos()).unwrap_or(u64::MAX),
            nanoseconds: spread(self.nanoseconds),
            fuel: spread(self.fuel),
            fuel_apart: self.side.counted.is_some(),
            copied_in: self.prepared.copied(),
            copied_out: self.copied_out,
            memory: self.memory,
            grown,
        })
    }
}

/// Bytes that what a call returned has copied.
fn copied_out(outcome: &Outcome) -> Option<u64> {
    let Ending::Returned(Some(returned)) = &outcome.ending else { return Some(0) };
    let value: Value = wasm_wave::from_str(&returned.of, &returned.text).ok()?;
    bench::copied_out(&returned.of, &value)
}

/// What reading the clock takes.
fn clock() -> u64 {
    const TIMES: u32 = 10_000;
    let begun = Instant::now();
    for _ in 0..TIMES {
        std::hint::black_box(Instant::now());
    }
    u64::try_from((begun.elapsed() / TIMES).as_nanos()).unwrap_or(u64::MAX)
}

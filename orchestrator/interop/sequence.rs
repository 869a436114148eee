//! Which calls are made, in which order.

use std::iter;

use wasm_wave::value::Value;

use super::edge::{combinations, edges};
use super::generate::Generator;
use super::shape::{has_nan, text};
use super::{Function, Settings};
use crate::check::Nan;
use crate::random::SplitMix64;

/// A call of a function with these values.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The place of the function among all.
    pub function: usize,
    /// Its arguments.
    pub arguments: Vec<Value>,
    /// The bits in which each NaN among them is handed over.
    pub nan: Nan,
}

impl Invocation {
    /// The call in WAVE: `function(arguments)`.
    pub fn text(&self, functions: &[Function]) -> String {
        let arguments: Vec<_> = self.arguments.iter().map(text).collect();
        format!("{}({})", functions[self.function].name, arguments.join(", "))
    }

    /// The bits of its NaNs, if it has any, and these are not what its text would be read as.
    pub fn odd_nan(&self) -> Option<Nan> {
        let is_odd = self.nan != Nan::Canonical && self.arguments.iter().any(has_nan);
        is_odd.then_some(self.nan)
    }
}

/// The calls of a run, in sequences, each made when it is asked for. Each function is called as often
/// as the settings say, with its edge cases first, and within a sequence in any order.
///
/// What a function is called with depends on its own name and types alone: it stays when others
/// come and go.
pub(super) struct Sequences {
    /// For each function, its calls that are still to come.
    waiting: Vec<Box<dyn Iterator<Item = Invocation>>>,
    /// How many calls there are in all of them.
    left: usize,
    order: SplitMix64,
    length: usize,
    /// For each function, how many of its edge cases are more than its calls.
    pub(super) edges_left_out: Vec<usize>,
}

impl Sequences {
    pub(super) fn new(functions: &[Function], settings: &Settings) -> Self {
        let mut sequences = Self {
            waiting: Vec::new(),
            left: functions.len() * settings.calls,
            order: SplitMix64(settings.seed),
            length: settings.sequence,
            edges_left_out: Vec::new(),
        };
        for (place, function) in functions.iter().enumerate() {
            let columns: Vec<_> = function.parameters.iter().map(edges).collect();
            let edges = with_nans(combinations(&columns));
            sequences.edges_left_out.push(edges.len().saturating_sub(settings.calls));
            let mut generator = Generator::new(seed_for(&function.name, settings.seed));
            let types = function.parameters.clone();
            let random = iter::repeat_with(move || {
                let arguments = types.iter().map(|of| generator.value(of)).collect::<Vec<_>>();
                (arguments, Nan::default())
            });
            let calls = edges.into_iter().chain(random).take(settings.calls);
            let calls =
                calls.map(move |(arguments, nan)| Invocation { function: place, arguments, nan });
            sequences.waiting.push(Box::new(calls));
        }
        sequences
    }
}

impl Iterator for Sequences {
    type Item = Vec<Invocation>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut sequence = Vec::new();
        while sequence.len() < self.length && self.left > 0 {
            let from = self.order.below(self.waiting.len());
            // One that is done has its turn taken by the next.
            let turns = (from..self.waiting.len()).chain(0..from);
            let next = turns.into_iter().find_map(|place| self.waiting[place].next());
            sequence.push(next.expect("some are left"));
            self.left -= 1;
        }
        (!sequence.is_empty()).then_some(sequence)
    }
}

/// Arguments, and behind those with a NaN the same once more with another one, or as often as it takes
/// for each to come.
fn with_nans(all: Vec<Vec<Value>>) -> Vec<(Vec<Value>, Nan)> {
    let has_nan = |arguments: &Vec<Value>| arguments.iter().any(has_nan);
    let with_nan = all.iter().filter(|arguments| has_nan(arguments)).count();
    let each = Nan::OTHERS.len().div_ceil(with_nan.max(1));
    let mut others = Nan::OTHERS.into_iter().cycle();
    let mut calls = Vec::new();
    for arguments in all {
        let more = if has_nan(&arguments) { each } else { 0 };
        let nans = iter::once(Nan::Canonical).chain(others.by_ref().take(more));
        calls.extend(nans.map(|nan| (arguments.clone(), nan)));
    }
    calls
}

/// Another seed for each name.
fn seed_for(name: &str, seed: u64) -> u64 {
    name.bytes().fold(seed, |seed, byte| SplitMix64(seed ^ u64::from(byte)).next())
}

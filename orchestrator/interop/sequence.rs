//! Which calls are made, in which order.

use std::iter;

use wasm_wave::value::Value;

use super::edge::{combinations, edges};
use super::generate::Generator;
use super::shape::text;
use super::{Function, Settings};
use crate::random::SplitMix64;

/// A call of a function with these values.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The place of the function among all.
    pub function: usize,
    /// Its arguments.
    pub arguments: Vec<Value>,
}

impl Invocation {
    /// The call in WAVE: `function(arguments)`.
    pub fn text(&self, functions: &[Function]) -> String {
        let arguments: Vec<_> = self.arguments.iter().map(text).collect();
        format!("{}({})", functions[self.function].name, arguments.join(", "))
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
            let edges = combinations(&columns);
            sequences.edges_left_out.push(edges.len().saturating_sub(settings.calls));
            let mut generator = Generator::new(seed_for(&function.name, settings.seed));
            let types = function.parameters.clone();
            let random = iter::repeat_with(move || {
                types.iter().map(|of| generator.value(of)).collect::<Vec<_>>()
            });
            let calls = edges.into_iter().chain(random).take(settings.calls);
            let calls = calls.map(move |arguments| Invocation { function: place, arguments });
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

/// Another seed for each name.
fn seed_for(name: &str, seed: u64) -> u64 {
    name.bytes().fold(seed, |seed, byte| SplitMix64(seed ^ u64::from(byte)).next())
}

//! Which calls are made, in which order.

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

/// The calls of a run, in sequences. Each function is called as often as the settings say, with its
/// edge cases first, and within a sequence in any order.
///
/// What a function is called with depends on its own name and types alone: it stays when others
/// come and go.
pub(super) fn sequences(functions: &[Function], settings: &Settings) -> Vec<Vec<Invocation>> {
    let arguments = |(place, function): (usize, &Function)| {
        let calls = arguments(function, settings).into_iter();
        calls.map(move |arguments| Invocation { function: place, arguments })
    };
    let mut waiting: Vec<_> = functions.iter().enumerate().map(arguments).collect();
    let mut left = functions.len() * settings.calls;
    let mut order = SplitMix64(settings.seed);
    let mut sequences = Vec::new();
    while left > 0 {
        let mut sequence = Vec::new();
        while sequence.len() < settings.sequence && left > 0 {
            let from = order.below(waiting.len());
            // One that is done has its turn taken by the next.
            let turns = (from..waiting.len()).chain(0..from);
            let next = turns.into_iter().find_map(|place| waiting[place].next());
            sequence.push(next.expect("some are left"));
            left -= 1;
        }
        sequences.push(sequence);
    }
    sequences
}

fn arguments(function: &Function, settings: &Settings) -> Vec<Vec<Value>> {
    let columns: Vec<_> = function.parameters.iter().map(edges).collect();
    let mut all = combinations(&columns);
    all.truncate(settings.calls);
    let mut generator = Generator::new(seed_for(&function.name, settings.seed));
    while all.len() < settings.calls {
        all.push(function.parameters.iter().map(|of| generator.value(of)).collect());
    }
    all
}

/// Another seed for each name.
fn seed_for(name: &str, seed: u64) -> u64 {
    name.bytes().fold(seed, |seed, byte| SplitMix64(seed ^ u64::from(byte)).next())
}

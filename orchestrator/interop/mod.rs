//! Several implementations of one interface, held against each other with values that nobody wrote.
//!
//! - A [`Function`] is one that all of them have, with the types of its parameters and its result.
//!   [`agree()`] finds the functions of an interface, or says in what the implementations do not agree.
//! - An [`Invocation`] is a call with its arguments as values. They are **edge cases** first (see
//!   `edge.rs`) and then random ones, mostly small (`generate.rs`); both are the same for the same
//!   [seed](Settings::seed).
//! - A **sequence** is invocations made one after the other on one instance, so that implementations
//!   with a state are compared with what their state does.
//! - An [`Answer`] is a value, a trap or a limit. Values are compared as values, and one NaN is
//!   like another. Messages of traps are not compared.
//! - A NaN is handed over in several ways ([`Nan`](crate::check::Nan)). The component model knows one, so
//!   that a difference which takes another than the canonical one is a difference of its own.
//! - A [`Difference`] is calls of which the last one was not answered the same by all. It is shrunk
//!   (`shrink.rs`): to the fewest calls, and each argument to the simplest value (`smaller.rs`) with
//!   which the answers still fall into the same groups and end alike. [`checks()`] writes it as text for the manifest.
//! - An **echo** is a function that gives back its argument; then the argument is an answer like
//!   another, and [`echoes`] writes such functions for all types of an interface.
//!
//! This room is pure: whoever searches hands in a closure that makes the calls.

#![deny(clippy::disallowed_methods)]

mod agree;
mod answer;
mod checks;
mod disagreement;
mod echo;
mod edge;
mod generate;
mod search;
mod sequence;
mod shape;
mod shrink;
mod smaller;
#[cfg(test)]
mod tests;
mod texts;
mod wit_type;

pub use agree::{Agreed, Export, Skipped, agree};
pub use answer::Answer;
pub use checks::{Conditions, checks, readable};
pub use disagreement::Disagreement;
pub use echo::{EchoError, Echoes, echoes};
pub use search::{Answers, Difference, Found, Stopped, search};
pub use sequence::Invocation;

use std::time::Duration;

use wasm_wave::value::Type;

/// A function that all implementations have.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its own name.
    pub name: String,
    /// The types of its parameters.
    pub parameters: Vec<Type>,
    /// The type of what it returns, if it returns anything.
    pub result: Option<Type>,
}

/// How implementations are held against each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// What all values and their order follow from.
    pub seed: u64,
    /// How often each function is called.
    pub calls: usize,
    /// How many calls are made on one instance; at least 1.
    pub sequence: usize,
    /// By how much floats may differ, as a part of the larger one, or of 1 if that is less.
    pub approx: Option<f64>,
    /// Whether each function gives back its argument, which is then compared as an answer.
    pub echo: bool,
    /// How long a call may take: the longer, the fewer are tried that take so long.
    pub timeout: Duration,
}

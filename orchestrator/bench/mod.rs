//! Figures from measurements: how times are spread, how two sides compare, what a call copies.
//!
//! Pure: times and values come in, figures go out. Whoever measures is `host` (its `repeat`), and
//! `commands/bench.rs` says what is measured.
#![deny(clippy::disallowed_methods)]

mod copied;
mod statistics;

pub use copied::{Copied, copied};
pub use statistics::{Distribution, Ratio};

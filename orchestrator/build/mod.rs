//! The effects of a build: reads inputs, finds tools, runs steps, keeps artifacts.
//!
//! - [`Project`] is a manifest with all that it names on disk, checked.
//! - [`Driver`] knows all stages; it takes a [`crate::plan::Plan`] through the store and the
//!   tools to artifacts, and tells what it does as [`Event`]s.
//! - `foresee` says what it would do, and why.
//! - `recipe` is the one action that starts processes: build a component.
//! - `schedule` says when each action runs, `slots` how many do at once.
//! - `lock` holds what a build would use against `poly.lock`, before it begins.
//! - `backtrace` says where in the pipeline's sources a program stopped; `lines` reads the debug
//!   information for it.
//! - `provenance` tells what a build was made of, from the records of its actions.
//! - [`keeper`] looks after the cache: keeps it small and whole.
//! - [`verify()`] takes a whole plan through two drivers, and compares what they made.
//! - `compile` has machine code made. That, and what `lines` reads, is done by another poly, within
//!   bounds of time and memory (`bounded`).
//! - `compose` is the one that knows all components at once; `graph` shows what it would do, and
//!   `noticed` is what it came to know that no error is.

mod apart;
mod artifacts;
mod backtrace;
mod bounded;
mod cache;
mod compile;
mod compose;
mod demand;
mod driver;
mod error;
mod event;
mod flows;
mod foresee;
mod generate;
mod graph;
mod ignored;
mod inputs;
mod lines;
mod lock;
mod noticed;
mod once;
mod outputs;
mod paths;
mod prepare;
mod project;
mod provenance;
mod provision;
mod recipe;
mod schedule;
mod slots;
mod stage;
mod state;
mod verify;
mod wit_files;

pub use apart::{Apart, PartAlone};
pub use backtrace::Origin;
pub use cache::{BUILDS, LATEST, TOOLS, keeper};
pub use compile::{CompileError, Reply, compile_here};
pub use compose::{explicit_links, place_about};
pub use driver::{Built, Driver, Options, Runtime};
pub use error::BuildError;
pub use event::Event;
pub use foresee::{Planned, PlannedState};
pub use inputs::InputsError;
pub use lines::{Question, Reading, read_lines};
pub use lock::{present, read_lock, write_lock};
pub use outputs::{OutputError, clean, write_over};
pub use project::{Project, ProjectError};
pub use provenance::Documents;
pub use provision::Provision;
pub use recipe::{RecipeError, clean_builds};
pub use slots::Jobs;
pub use stage::StageError;
pub use state::Last;
pub use verify::{Compared, Verdict, Verified, verify};
pub use wit_files::read_wit;

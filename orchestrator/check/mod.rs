//! What is asked of a component and whether the answer is the right one.
//!
//! - A [`Call`] is one line of a person's: `run("test query")`. It is parsed without knowing
//!   the component; its arguments become values once the function's [`Signature`] is known.
//! - An [`Outcome`] is what really happened: how the call ended, what was written, what it
//!   used up.
//! - An [`Expectation`] is what a `[[check]]` of the manifest says should happen, and
//!   [`judge`] holds the two against each other. A check is one [`Step`] or several.
//! - [`Crossings`] are the calls that its parts made to each other meanwhile.
//! - [`Samples`] are where the component was, seen again and again.
//!
//! [`narrow`] says of two values where they differ.
//!
//! Values are written in WAVE, the component model's text form for values, and compared as
//! values: spaces, the order of a record's fields and the spelling of a number make no
//! difference, `nan` is `nan`, and floats may be near each other where a check says how near.
//! This room is pure: it starts no component; `host` does.

#![deny(clippy::disallowed_methods)]

mod bound;
mod call;
mod crossing;
mod difference;
mod excerpt;
mod expectation;
pub(crate) mod interface;
mod judge;
mod nan;
mod narrow;
mod outcome;
mod reference;
mod samples;
mod signature;
mod steps;
mod value;

pub use bound::hold;
pub(crate) use call::problem as wave_problem;
pub use call::{ArgumentError, Call, CallSyntaxError, Misfit};
pub use crossing::{CameBack, Crossing, Crossings};
pub use difference::{Difference, Subject};
pub use expectation::Expectation;
pub use judge::{ExpectationError, Verdict, judge};
pub use nan::Nan;
pub use narrow::{Narrowed, narrow};
pub use outcome::{Code, Ending, Frame, Outcome, Place, Refusal, Returned, Trap, WatchedFile};
pub use reference::{Part, Reference};
pub use samples::{Sample, Samples};
pub use signature::{Parameter, Signature, Types};
pub use steps::{Step, StepError, StepFault};
pub(crate) use value::are_near;

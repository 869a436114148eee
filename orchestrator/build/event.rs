//! What happens during a build, as data; `report` tells it to a person or a machine.

use std::time::Duration;

use crate::plan::{Action, Reason};

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// One of several builds of the same begins.
    Round {
        /// Which: 1 is the first.
        number: usize,
        /// How it differs from the others, for people.
        about: String,
    },
    /// A build begins.
    Begun {
        /// How many actions it has.
        actions: usize,
    },
    /// A tool is being installed.
    Installing {
        /// The tool.
        tool: String,
        /// The version.
        version: String,
        /// The way that is being tried, for people: `rustup target`, `script`, ...
        way: String,
    },
    /// A way to install a tool did not work; the next one is tried, if there is one.
    InstallFailed {
        /// The tool.
        tool: String,
        /// The way.
        way: String,
        /// The end of what it said.
        said: String,
    },
    /// A tool was installed.
    Installed {
        /// The tool.
        tool: String,
        /// The version.
        version: String,
        /// How long it took.
        elapsed: Duration,
    },
    /// An action started to do real work; one that is cached never starts.
    Started {
        /// The action.
        action: Action,
        /// The toolchain or the library that does the work.
        by: String,
        /// Why.
        because: Vec<Reason>,
    },
    /// A step of a build action wrote this; people see it with `--verbose`.
    Output {
        /// The component.
        component: String,
        /// The step.
        step: String,
        /// What it wrote.
        text: String,
        /// How long it took.
        elapsed: Duration,
    },
    /// A build failed, and is tried again.
    Retried {
        /// The component.
        component: String,
        /// Which retry this is, from 1.
        retry: u32,
        /// How many there may be.
        retries: u32,
        /// Why it failed, with the end of what the step wrote.
        failure: String,
    },
    /// An action's artifact is there.
    Finished {
        /// The action.
        action: Action,
        /// The toolchain or the library that does the work.
        by: String,
        /// Whether it was in the store already.
        cached: bool,
        /// How long it took, all in all.
        elapsed: Duration,
        /// How much of that tools took; they come first.
        tools: Duration,
        /// When it ended, counted from the beginning of the build.
        ended: Duration,
        /// The artifact's size in bytes.
        size: u64,
    },
    /// An action failed; the error itself follows when all have ended.
    Failed {
        /// The action.
        action: Action,
    },
    /// Something that a person should know and that stops nothing.
    Warning {
        /// The text, without a final period.
        text: String,
    },
}

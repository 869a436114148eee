//! Toolchain TOML to [`Toolchain`], and the tools that it names: found, probed, installed, run.
//!
//! - A **toolchain** is one TOML file that says how a component in some language is built.
//!   poly brings some; a pipeline's own directory `toolchains/` adds to them or overrides.
//! - A **tool** is an executable that a toolchain needs. Its **identity** is its version and
//!   the digest of its binary, or of the files that stand in for it; a **variant** is something that only some of its installations
//!   can do.
//! - A **way** is one of the ways to install a tool, into poly's own directory.
//! - A **template** is a text with placeholders from a closed set; it is hashed as written.
//!
//! A file is checked when it is loaded: an unknown key, placeholder, tool, option or list of
//! flags is an error at its line, never something that is passed over. Commands are lists of
//! arguments; no shell ever reads one.
//!
//! | file | what it owns |
//! |---|---|
//! | `definition` | what a toolchain is, once checked |
//! | `file`, `syntax`, `parse`, `way`, `error` | from text to that |
//! | `template` | placeholders |
//! | `catalog` | all toolchains by name |
//! | `environment` | what a step may see |
//! | `find`, `probe`, `identity` | which executable a tool is |
//! | `install`, `pin` | getting one that is not there, in the version that is asked for |
//! | `origin` | where one is from, in words that mean the same on every machine |
//! | `helpers` | tools whose sources poly carries |
//! | `process` | starting anything at all, and stopping everything |
//! | `interrupt` | Ctrl-C, once there is anything to end |
//! | `jobserver` | the job slots that poly shares with tools and with whoever started it |
//!
//! This room does not decide when something is built or installed, and prints nothing.

mod catalog;
mod definition;
pub mod environment;
mod error;
mod file;
mod find;
mod helpers;
mod identity;
mod install;
pub mod interrupt;
pub mod jobserver;
mod origin;
mod parse;
mod pin;
mod probe;
pub mod process;
mod syntax;
mod template;
mod way;

pub use catalog::Catalog;
pub use definition::{
    Archive, Environment, Flags, Generator, OptionDeclaration, OptionError, Produces, Resolve,
    Search, SelfTest, SourceDirectory, Step, Tool, Toolchain, Variant, Way,
};
pub use error::{InvalidToolchain, ToolchainError};
pub use find::{Candidate, Finder, FoundTool, NotFound, Refusal, Tools};
pub use install::{Attempt, InstallError, InstallEvent, ToolError};
pub use origin::{Origin, platform};
pub use pin::Pin;
pub use template::{ExpandError, MalformedTemplate, Placeholder, Template, Values, profile_name};

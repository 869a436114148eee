//! Why a component could not be built.

use std::io;
use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::build::error::write_remedy;
use crate::build::inputs::InputsError;
use crate::build::stage::StageError;
use crate::manifest::ManifestError;
use crate::toolchain::{ExpandError, OptionError, process};

/// Why a component could not be built.
#[derive(Debug, Error, Diagnostic)]
pub enum RecipeError {
    /// Its inputs cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Inputs(#[from] InputsError),
    /// Nothing to build.
    #[error(
        "component `{component}` has no sources: no file in `{path}` matches the inputs of toolchain `{toolchain}`"
    )]
    #[diagnostic(help("the toolchain looks for {globs}"))]
    NoInputs {
        /// The component.
        component: String,
        /// Its directory.
        path: String,
        /// Its toolchain.
        toolchain: String,
        /// What the toolchain looks for.
        globs: String,
    },
    /// The manifest names inputs that are not there.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Manifest(#[from] Box<ManifestError>),
    /// A file of the component's own has the name of one that the toolchain adds.
    #[error(
        "component `{component}` has a file `{name}`, which toolchain `{toolchain}` writes itself"
    )]
    #[diagnostic(help("give the file another name"))]
    Clash {
        /// The component.
        component: String,
        /// Its toolchain.
        toolchain: String,
        /// The file, relative to the manifest.
        name: String,
    },
    /// They cannot be copied.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Stage(#[from] StageError),
    /// A placeholder of the toolchain's file has no value here.
    #[error("toolchain `{toolchain}` cannot build `{component}`")]
    Expand {
        /// The component.
        component: String,
        /// Its toolchain.
        toolchain: String,
        /// Which.
        #[source]
        #[diagnostic_source]
        source: ExpandError,
    },
    /// An option is missing or not known.
    #[error("component `{component}` has a wrong option")]
    Options {
        /// The component.
        component: String,
        /// Which.
        #[source]
        #[diagnostic_source]
        source: OptionError,
    },
    /// A directory or file of poly's own cannot be written.
    #[error("cannot write `{}`", path.display())]
    #[diagnostic(help("{}", write_remedy(source)))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A step's process could not be started, or was interrupted.
    #[error("step `{step}` of `{component}` did not run")]
    Process {
        /// The component.
        component: String,
        /// The step.
        step: String,
        /// Why.
        #[source]
        #[diagnostic_source]
        source: process::ProcessError,
    },
    /// A step ended with an error.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Failed(#[from] Box<StepFailure>),
    /// All steps ended well and left nothing.
    #[error("toolchain `{toolchain}` left no output for `{component}`: {problem}")]
    #[diagnostic(help("its steps ended without an error; what they wrote is in `{log}`"))]
    Output {
        /// The component.
        component: String,
        /// Its toolchain.
        toolchain: String,
        /// Nothing at the path, more than one file, an empty one, not WebAssembly, ...
        problem: String,
        /// Where all its output is.
        log: String,
    },
}

/// A step of a build that ended with an error.
#[derive(Debug, Error, Diagnostic)]
#[error("step `{step}` of `{component}` failed: {status}{}", below(output))]
#[diagnostic(help(
    "{}it ran `{command}`\nin `{directory}`; all it wrote is in `{log}`",
    hint.as_ref().map(|hint| format!("{hint}\n")).unwrap_or_default()
))]
pub struct StepFailure {
    /// The component.
    pub component: String,
    /// The step.
    pub step: String,
    /// How it ended: `exit status: 1`, `signal: 9 (SIGKILL)`, or that its time was over.
    pub status: String,
    /// The end of what it wrote, in its own words.
    pub output: String,
    /// What the toolchain's file advises for such an output.
    pub hint: Option<String>,
    /// The command, as a person can paste it.
    pub command: String,
    /// Where it ran.
    pub directory: String,
    /// Where all its output is.
    pub log: String,
}

/// What a step wrote, if it wrote anything.
fn below(output: &str) -> String {
    if output.is_empty() { String::new() } else { format!("\n\n{output}") }
}

impl RecipeError {
    /// Whether the same steps may end otherwise if they are tried again: it was the tools that
    /// failed, and neither poly nor what it was told.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Output { .. })
    }

    /// Whether it is neither the sources nor the tools, but what poly reads and writes them
    /// with.
    pub(in crate::build) fn is_surroundings(&self) -> bool {
        matches!(
            self,
            Self::Write { .. }
                | Self::Stage(StageError::System { .. } | StageError::Read { .. })
                | Self::Inputs(InputsError::Read { .. })
                | Self::Manifest(_)
        )
    }
}

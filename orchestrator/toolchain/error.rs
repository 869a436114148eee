//! What can be wrong with a toolchain's file, each fault at its line.

use std::io;
use std::ops::Range;
use std::path::PathBuf;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

/// A toolchain's file cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum ToolchainError {
    /// A directory of toolchains, or a file in it, cannot be read.
    #[error("cannot read the toolchains at `{}`", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file says something that it must not.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Invalid(Box<InvalidToolchain>),
}

/// One thing that is wrong with a toolchain's file, and where.
#[derive(Debug, Error, Diagnostic)]
#[error("{message}")]
pub struct InvalidToolchain {
    /// What is wrong: lower case, no final period.
    pub message: String,
    /// The file.
    #[source_code]
    pub source_code: NamedSource<String>,
    /// The place in it.
    #[label("{label}")]
    pub at: SourceSpan,
    /// A few words for the caret.
    pub label: String,
    /// What to do about it.
    #[help]
    pub help: Option<String>,
}

/// A fault that does not know yet which file it is in.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) label: String,
    pub(super) help: Option<String>,
}

impl Fault {
    pub(super) fn at(
        at: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        Self { at, message: message.into(), label: label.into(), help: None }
    }

    /// The same, with advice.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The error about a file of this name and text.
    pub(super) fn within(self, name: &str, text: &str) -> ToolchainError {
        ToolchainError::Invalid(Box::new(InvalidToolchain {
            message: self.message,
            source_code: NamedSource::new(name, text.to_owned()).with_language("toml"),
            at: self.at.into(),
            label: self.label,
            help: self.help,
        }))
    }
}

//! Why implementations cannot be held against each other, and what to do then.

use miette::Diagnostic;
use thiserror::Error;

use super::agree::Skipped;
use crate::nearest::quoted;

/// Implementations that cannot be held against each other.
#[derive(Debug, Error, Diagnostic, PartialEq, Eq)]
pub enum Disagreement {
    /// One does not export the interface.
    #[error("component `{component}` exports no interface `{interface}`")]
    #[diagnostic(help("{help}"))]
    NoInterface {
        /// The component.
        component: String,
        /// The interface, as it was asked for.
        interface: String,
        /// What it does export.
        help: String,
    },
    /// No interface was asked for, and one has no functions of its own.
    #[error("component `{component}` exports no function outside of an interface")]
    #[diagnostic(help("{help}"))]
    NoFunctions {
        /// The component.
        component: String,
        /// What it does export.
        help: String,
    },
    /// A short name that several interfaces of one have.
    #[error("`{interface}` may mean more than one interface of component `{component}`")]
    #[diagnostic(help("write one in full: {}", quoted(candidates.iter().map(String::as_str))))]
    Ambiguous {
        /// The component.
        component: String,
        /// The interface, as it was asked for.
        interface: String,
        /// What it may mean.
        candidates: Vec<String>,
    },
    /// One has a function that another has not.
    #[error("component `{component}` has no function `{function}`, which `{other}` has")]
    #[diagnostic(help("build both from the same WIT, or leave it out: `skip = [\"{function}\"]`"))]
    Missing {
        /// The component that has not.
        component: String,
        /// The function.
        function: String,
        /// The one that has.
        other: String,
    },
    /// Two have a function with other types.
    #[error("`{function}` of component `{component}` has other types than that of `{other}`")]
    #[diagnostic(help(
        "`{component}` has `{types}`,\n`{other}` has `{other_types}`:\nbuild both from the same \
         WIT, or leave it out: `skip = [\"{function}\"]`"
    ))]
    Types {
        /// A component.
        component: String,
        /// The function.
        function: String,
        /// Its signature.
        types: String,
        /// Another component.
        other: String,
        /// The signature there.
        other_types: String,
    },
    /// What is to be skipped is not there.
    #[error("there is no function `{function}` to skip")]
    #[diagnostic(help("{help}"))]
    Skip {
        /// What was named.
        function: String,
        /// What may have been meant.
        help: String,
    },
    /// There is nothing to call.
    #[error("there is no function that can be called")]
    #[diagnostic(help("{}", list(skipped)))]
    Nothing {
        /// All that there is, and why it is not called.
        skipped: Vec<Skipped>,
    },
}

impl Disagreement {
    /// The component that it is about, if it is about one.
    pub fn component(&self) -> Option<&str> {
        match self {
            Self::NoInterface { component, .. }
            | Self::NoFunctions { component, .. }
            | Self::Ambiguous { component, .. }
            | Self::Missing { component, .. }
            | Self::Types { component, .. } => Some(component),
            Self::Skip { .. } | Self::Nothing { .. } => None,
        }
    }
}

fn list(skipped: &[Skipped]) -> String {
    if skipped.is_empty() {
        return "all are skipped".to_owned();
    }
    let lines = skipped.iter().map(|Skipped { function, why }| format!("`{function}`: {why}"));
    lines.collect::<Vec<_>>().join("\n")
}

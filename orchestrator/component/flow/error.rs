//! Why a flow cannot be written.

use miette::Diagnostic;
use thiserror::Error;

use super::FlowSource;
use crate::component::part::PartError;
use crate::component::world::Mismatch;
use crate::nearest::quoted;

/// Why [`super::generate`] refuses a flow, with the place in the manifest as indices.
#[derive(Debug, Error, Diagnostic)]
#[error("{place} {kind}")]
pub struct FlowError {
    /// The flow's name.
    pub flow: String,
    /// The stage in question, counted from 0, if it is about one.
    pub stage: Option<usize>,
    /// The place in words.
    place: String,
    /// The cause, where there is one below.
    source: Option<Box<PartError>>,
    /// What is wrong there.
    pub kind: Box<FlowErrorKind>,
    #[help]
    help: Option<String>,
}

/// What is wrong with a flow or with one of its stages; reads on from `stage 2 of flow …`.
#[derive(Debug, Error)]
pub enum FlowErrorKind {
    /// There are no stages.
    #[error("has no stages")]
    NoStages,
    /// Its name cannot be that of a function.
    #[error("has a name that no function may have")]
    BadName,
    /// The stage is not written as one.
    #[error("names no function")]
    Malformed,
    /// The component does not exist.
    #[error("names component `{component}`, which does not exist")]
    UnknownComponent {
        /// The component.
        component: String,
    },
    /// The component does not export the function.
    #[error("names `{function}`, which component `{component}` does not export")]
    UnknownFunction {
        /// The component.
        component: String,
        /// What stands behind the slash.
        function: String,
    },
    /// Several interfaces of the component have such a function.
    #[error("fits several functions: {}", quoted(candidates.iter().map(String::as_str)))]
    Ambiguous {
        /// Each as a stage could name it.
        candidates: Vec<String>,
    },
    /// The function is asynchronous.
    #[error("is an async function, which a flow cannot call")]
    Asynchronous,
    /// A type in the signature cannot be forwarded.
    #[error("has a type that a flow cannot forward: {} is {what}", path.join(" → "))]
    Unsupported {
        /// The way to the type from outside in.
        path: Vec<String>,
        /// The type.
        what: String,
    },
    /// It does not take exactly one parameter while there is something to take.
    #[error("takes {found} parameters, but `{before}` hands on one value, {given}")]
    TakesOther {
        /// How many it takes.
        found: usize,
        /// The stage before.
        before: String,
        /// The type that is handed on.
        given: String,
    },
    /// It takes something while there is nothing to take.
    #[error("takes {wanted}, but `{before}` hands on nothing")]
    NothingToTake {
        /// The type that it takes.
        wanted: String,
        /// The stage before.
        before: String,
    },
    /// It takes another type than the one that is handed on.
    #[error("does not take what `{before}` hands on: {mismatch}")]
    Misfit {
        /// The stage before.
        before: String,
        /// Where the types part; `found` is what is handed on.
        mismatch: Mismatch,
    },
    /// It fails with another type than an earlier stage.
    #[error("fails with another type than `{other}`: {mismatch}")]
    OtherError {
        /// The earlier stage.
        other: String,
        /// Where the types part; `expected` is the earlier stage's.
        mismatch: Mismatch,
    },
    /// The component that poly wrote is not valid: a fault of poly's own.
    #[error("became a component that does not decode, which is a fault in poly")]
    Internal,
}

impl FlowError {
    /// An error about a flow as a whole.
    pub(super) fn of_flow(flow: &FlowSource, kind: FlowErrorKind, help: impl Into<String>) -> Self {
        Self {
            flow: flow.name.clone(),
            stage: None,
            place: format!("flow `{}`", flow.name),
            source: None,
            kind: Box::new(kind),
            help: Some(help.into()),
        }
    }

    /// An error about one stage.
    pub(super) fn of_stage(
        flow: &FlowSource,
        stage: usize,
        kind: FlowErrorKind,
        help: impl Into<String>,
    ) -> Self {
        Self {
            stage: Some(stage),
            place: format!(
                "stage {} (`{}`) of flow `{}`",
                stage + 1,
                flow.stages[stage],
                flow.name
            ),
            ..Self::of_flow(flow, kind, help)
        }
    }

    pub(super) fn internal(flow: &FlowSource, cause: PartError) -> Self {
        let help = "please report it with the manifest and the components' WIT";
        Self { source: Some(Box::new(cause)), ..Self::of_flow(flow, FlowErrorKind::Internal, help) }
    }
}

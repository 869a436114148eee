//! Why a flow cannot be written.

use miette::Diagnostic;
use thiserror::Error;

use super::{FlowSource, StageSource};
use crate::component::part::PartError;
use crate::component::world::Mismatch;
use crate::nearest::quoted;

/// Why [`super::generate`] refuses a flow, with the place in the manifest as indices.
#[derive(Debug, Error, Diagnostic)]
#[error("{described} {kind}")]
pub struct FlowError {
    /// The flow's name.
    pub flow: String,
    /// The stage in question, if it is about one.
    pub place: Option<Place>,
    /// The place in words.
    described: Box<str>,
    /// The cause, where there is one below.
    source: Option<Box<PartError>>,
    /// What is wrong there.
    pub kind: Box<FlowErrorKind>,
    #[help]
    help: Option<String>,
}

/// A place in a flow, all counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The step.
    pub step: usize,
    /// The stage of the step.
    pub stage: usize,
    /// How many times `otherwise` leads from there to the stage that is meant.
    pub otherwise: usize,
    /// The argument, if it is about one.
    pub argument: Option<usize>,
}

/// Where what a stage can take comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    /// The stages of the step before.
    Step(Vec<String>),
    /// The error of this stage.
    Error(String),
}

impl Before {
    fn verb(&self) -> String {
        match self {
            Self::Step(stages) => format!("{} hands on", quoted(stages.iter().map(String::as_str))),
            Self::Error(stage) => format!("the error of `{stage}` is"),
        }
    }

    fn noun(&self) -> String {
        match self {
            Self::Step(_) => format!("what {}", self.verb()),
            Self::Error(stage) => format!("the error of `{stage}`"),
        }
    }
}

/// A stage and where it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'s> {
    pub(super) flow: &'s FlowSource,
    pub(super) stage: &'s StageSource,
    place: Place,
}

/// What is wrong with a flow or with one of its stages; reads on from `stage 2 of flow …`.
#[derive(Debug, Error)]
pub enum FlowErrorKind {
    /// There are no steps.
    #[error("has no steps")]
    NoSteps,
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
    /// A named type of the flow's own signature holds a resource.
    #[error(
        "takes or returns `{ty}`, which holds a resource and has a name that only components know"
    )]
    NamedResource {
        /// The type.
        ty: String,
    },
    /// There are more or fewer arguments than parameters.
    #[error("is given {given} arguments, but takes {takes}")]
    ArgumentCount {
        /// How many the manifest gives.
        given: usize,
        /// How many parameters there are.
        takes: usize,
    },
    /// An argument is no value of its parameter's type.
    #[error("is given `{text}` for its parameter `{parameter}`, which is not a `{of}`: {problem}")]
    Argument {
        /// The argument.
        text: String,
        /// The parameter.
        parameter: String,
        /// The parameter's type.
        of: String,
        /// What is wrong.
        problem: String,
    },
    /// It has not as many open parameters as there are values to take.
    #[error("takes {found} parameters, but {} {given}", before.verb())]
    TakesOther {
        /// How many it takes.
        found: usize,
        /// Where that comes from.
        before: Before,
        /// How many values, and the type, that is handed on.
        given: String,
    },
    /// It takes something while there is nothing to take.
    #[error("takes {wanted}, but {} nothing", before.verb())]
    NothingToTake {
        /// The type that it takes.
        wanted: String,
        /// Where that comes from.
        before: Before,
    },
    /// It takes another type than the one that is handed on.
    #[error("does not take {}: {mismatch}", before.noun())]
    Misfit {
        /// Where that comes from.
        before: Before,
        /// Where the types part; `found` is what is handed on.
        mismatch: Mismatch,
    },
    /// It takes other parameters than another stage of the first step.
    #[error("takes other parameters than `{other}`: {mismatch}")]
    OtherParameters {
        /// The other stage.
        other: String,
        /// Where the types part; `expected` is the other stage's.
        mismatch: Mismatch,
    },
    /// An owned resource is handed on to several stages.
    #[error("takes the owned resource `{resource}`, which is handed on to other stages too")]
    OwnToSeveral {
        /// The resource.
        resource: String,
    },
    /// It fails with another type than an earlier stage.
    #[error("fails with another type than `{other}`: {mismatch}")]
    OtherError {
        /// The earlier stage.
        other: String,
        /// Where the types part; `expected` is the earlier stage's.
        mismatch: Mismatch,
    },
    /// It stands in for a stage and hands on something else.
    #[error("hands on another type than `{other}`, for which it stands in: {mismatch}")]
    OtherResult {
        /// The stage that failed.
        other: String,
        /// Where the types part; `expected` is the other stage's.
        mismatch: Mismatch,
    },
    /// It has a stage for its error and returns none.
    #[error("returns no error that `otherwise` could take")]
    NeverFails,
    /// The component that poly wrote is not valid: a fault of poly's own.
    #[error("became a component that does not decode, which is a fault in poly")]
    Internal,
}

impl<'s> At<'s> {
    /// A stage of a step.
    pub(super) fn stage(flow: &'s FlowSource, step: usize, stage: usize) -> Self {
        let place = Place { step, stage, ..Place::default() };
        Self { flow, stage: &flow.steps[step][stage], place }
    }

    /// The stage that takes its error.
    pub(super) fn otherwise(self, stage: &'s StageSource) -> Self {
        let place = Place { otherwise: self.place.otherwise + 1, ..self.place };
        Self { stage, place, ..self }
    }

    /// One of its arguments.
    pub(super) fn argument(self, argument: usize) -> Self {
        Self { place: Place { argument: Some(argument), ..self.place }, ..self }
    }

    /// An error about it.
    pub(super) fn error(&self, kind: FlowErrorKind, help: impl Into<String>) -> FlowError {
        let (step, call, flow) = (self.place.step + 1, &self.stage.call, &self.flow.name);
        FlowError {
            place: Some(self.place),
            described: format!("stage {step} (`{call}`) of flow `{flow}`").into(),
            ..FlowError::of_flow(self.flow, kind, help)
        }
    }
}

impl FlowError {
    /// An error about a flow as a whole.
    pub(super) fn of_flow(flow: &FlowSource, kind: FlowErrorKind, help: impl Into<String>) -> Self {
        Self {
            flow: flow.name.clone(),
            place: None,
            described: format!("flow `{}`", flow.name).into(),
            source: None,
            kind: Box::new(kind),
            help: Some(help.into()),
        }
    }

    pub(super) fn internal(flow: &FlowSource, cause: PartError) -> Self {
        let help = "please report it with the manifest and the components' WIT";
        Self { source: Some(Box::new(cause)), ..Self::of_flow(flow, FlowErrorKind::Internal, help) }
    }
}

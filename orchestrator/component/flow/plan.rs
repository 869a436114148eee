//! From names in a manifest to signatures that are known to fit.

use std::collections::BTreeMap;

use super::constants::Constants;
use super::error::{At, Before, FlowError, FlowErrorKind};
use super::find;
use super::imports::{Import, Imports};
use super::resources::{borrows, mentions_resource, owns};
use super::take::{Given, Taken, take};
use super::{FlowSource, StageSource};
use crate::component::part::Part;
use crate::component::wiring::{Link, Owners};
use crate::component::world::{Field, Function, Item, Type};

/// All flows with everything known about them.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) imports: Vec<Import>,
    /// The order of the imports in which each comes after those whose resources it mentions.
    pub(super) order: Vec<usize>,
    pub(super) flows: Vec<Flow>,
    pub(super) constants: Constants,
    /// Plain names that types must not have: the parts import types under them.
    pub(super) taken: Vec<String>,
}

/// One flow.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) name: String,
    /// What the first step takes beside constants.
    pub(super) parameters: Vec<Field>,
    pub(super) steps: Vec<Step>,
    /// What it returns.
    pub(super) result: Option<Type>,
    /// Whether `result` is what the last step hands on wrapped in `ok`.
    pub(super) fails: bool,
}

/// Stages that take the same; mostly one.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) stages: Vec<Stage>,
    /// What the flow only lends to the stages, and still has after them.
    pub(super) lent: Vec<Lent>,
    /// Whether what was lent is handed on again. Else it is dropped.
    pub(super) again: bool,
}

/// One call.
#[derive(Debug)]
pub(super) struct Stage {
    /// Index into [`Plan::imports`].
    pub(super) import: usize,
    pub(super) function: String,
    pub(super) signature: Function,
    /// What it is called with, an argument for each parameter.
    pub(super) arguments: Vec<Argument>,
    /// What is called with its error.
    pub(super) otherwise: Option<Box<Otherwise>>,
}

/// A stage that takes the error of another.
#[derive(Debug)]
pub(super) struct Otherwise {
    pub(super) stage: Stage,
    /// What of the error it only borrows.
    pub(super) lent: Vec<Lent>,
}

/// Where an argument comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Argument {
    /// A parameter of the flow.
    Parameter(usize),
    /// All that is handed on.
    Whole,
    /// An element of the tuple that is handed on.
    Element(usize),
    /// The address of a constant.
    Constant(u32),
}

/// What the flow still has after a call: an owned resource that was borrowed, or a value in
/// which what was lent to the flow itself is still to be dropped.
#[derive(Debug, Clone)]
pub(super) struct Lent {
    pub(super) argument: Argument,
    pub(super) ty: Type,
}

impl Stage {
    /// What is handed on after it.
    pub(super) fn hands_on(&self) -> Option<&Type> {
        match &self.signature.result {
            Some(Type::Result { ok, .. }) => ok.as_deref(),
            other => other.as_ref(),
        }
    }
}

pub(super) fn plan(
    flows: &[FlowSource],
    parts: &[Part<'_>],
    links: &[Link],
) -> Result<Plan, FlowError> {
    let by_name = parts.iter().map(|part| (part.name.as_str(), part)).collect();
    let mut planner = Planner {
        parts,
        imports: Imports::new(Owners::new(&by_name, links)),
        constants: Constants::default(),
    };
    let flows = flows.iter().map(|flow| planner.flow(flow)).collect::<Result<_, _>>()?;
    let open_types = parts
        .iter()
        .flat_map(|part| &part.world.imports)
        .filter(|(_, item)| matches!(item, Item::Type(_)))
        .map(|(name, _)| name.clone());
    let Planner { imports, constants, .. } = planner;
    let (imports, order) = imports.finish();
    let taken = open_types.chain(imports.iter().map(|import| import.name.clone())).collect();
    Ok(Plan { imports, order, flows, constants, taken })
}

struct Planner<'p> {
    parts: &'p [Part<'p>],
    imports: Imports<'p>,
    constants: Constants,
}

/// The one way in which a flow fails: with a value of this type, or of none.
struct Failure {
    /// The stage that fails so first.
    stage: String,
    error: Option<Type>,
}

impl Planner<'_> {
    fn flow(&mut self, source: &FlowSource) -> Result<Flow, FlowError> {
        if wasmparser::names::KebabStr::new(&source.name).is_none() {
            let help = "words of letters and digits with dashes between them, such as `run-all`";
            return Err(FlowError::of_flow(source, FlowErrorKind::BadName, help));
        }
        let mut given = Given::Parameters(None);
        let (mut steps, mut parameters, mut failure) = (Vec::new(), Vec::new(), None);
        for (index, stages) in source.steps.iter().enumerate() {
            let ats: Vec<_> =
                (0..stages.len()).map(|stage| At::stage(source, index, stage)).collect();
            let mut step = self.step(&ats, &mut given, &mut failure)?;
            if let Given::Parameters(found) = given {
                parameters = found.unwrap_or_default();
            }
            let mut handed = hands_on(&step);
            let last = index + 1 == source.steps.len();
            // What was lent to the flow cannot leave it.
            if last && step.again && handed.as_ref().is_some_and(borrows) {
                (step.again, handed) = (false, None);
            }
            let names = stages.iter().map(|stage| stage.call.clone()).collect();
            given = Given::Value { before: Before::Step(names), ty: handed };
            steps.push(step);
        }
        let Given::Value { ty: handed, .. } = given else {
            let help = "name functions, such as steps = [\"component/function\"]";
            return Err(FlowError::of_flow(source, FlowErrorKind::NoSteps, help));
        };
        let fails = failure.is_some();
        let result = match failure {
            Some(Failure { error, .. }) => {
                Some(Type::Result { ok: handed.map(Box::new), error: error.map(Box::new) })
            }
            None => handed,
        };
        let own = parameters.iter().map(|parameter| &parameter.ty).chain(&result);
        if let Some(ty) = own.flat_map(named_with_resource).next() {
            let kind = FlowErrorKind::NamedResource { ty: ty.to_string() };
            let help = "hand the resource itself in or out, or put it into a tuple";
            return Err(FlowError::of_flow(source, kind, help));
        }
        Ok(Flow { name: source.name.clone(), parameters, steps, result, fails })
    }

    fn step(
        &mut self,
        ats: &[At<'_>],
        given: &mut Given,
        failure: &mut Option<Failure>,
    ) -> Result<Step, FlowError> {
        let (mut stages, mut lent) = (Vec::new(), BTreeMap::new());
        for at in ats {
            let (stage, taken) = self.stage(at, given, ats.len() > 1, failure)?;
            stages.push(stage);
            lent.extend(taken.into_iter().map(|lent| (lent.argument, lent.ty)));
        }
        // One stage may borrow the whole tuple and another its elements, which are lent with it
        // and dropped once.
        if lent.contains_key(&Argument::Whole) {
            lent.retain(|argument, _| !matches!(argument, Argument::Element(_)));
        }
        let lent: Vec<Lent> =
            lent.into_iter().map(|(argument, ty)| Lent { argument, ty }).collect();
        let returns_nothing = stages.iter().all(|stage: &Stage| stage.hands_on().is_none());
        let whole = |lent: &Lent| matches!(lent.ty, Type::Own(_)) || !owns(&lent.ty);
        let again = returns_nothing && !lent.is_empty() && lent.iter().all(whole);
        Ok(Step { stages, lent, again })
    }

    /// The stage, and what it only borrows of what is given.
    fn stage(
        &mut self,
        at: &At<'_>,
        given: &mut Given,
        shared: bool,
        failure: &mut Option<Failure>,
    ) -> Result<(Stage, Vec<Lent>), FlowError> {
        let found = find::function(self.parts, at)?;
        let (import, signature) = self.imports.add(&found).map_err(|kind| {
            at.error(kind, "let the components meet directly, by an import of the one")
        })?;
        let Taken { arguments, lent } =
            take(at, &signature, given, shared, &self.imports, &mut self.constants)?;
        let function = found.name.to_owned();
        let mut stage = Stage { import, function, signature, arguments, otherwise: None };
        match (&stage.signature.result, &at.stage.otherwise) {
            (Some(Type::Result { error, .. }), None) => {
                self.fail(at, error.as_deref(), failure)?;
            }
            (Some(Type::Result { error, .. }), Some(otherwise)) => {
                let error = error.as_deref().cloned();
                stage.otherwise =
                    Some(Box::new(self.otherwise(at, otherwise, &stage, error, failure)?));
            }
            (_, Some(_)) => {
                let help = "a function fails by returning a `result`: leave `otherwise` out";
                return Err(at.error(FlowErrorKind::NeverFails, help));
            }
            _ => {}
        }
        Ok((stage, lent))
    }

    /// What is called with the error of `stage`.
    fn otherwise(
        &mut self,
        at: &At<'_>,
        source: &StageSource,
        stage: &Stage,
        error: Option<Type>,
        failure: &mut Option<Failure>,
    ) -> Result<Otherwise, FlowError> {
        let at_otherwise = at.otherwise(source);
        let before = Before::Error(at.stage.call.clone());
        let mut given = Given::Value { before, ty: error };
        let (otherwise, lent) = self.stage(&at_otherwise, &mut given, false, failure)?;
        self.imports.same_optional(stage.hands_on(), otherwise.hands_on()).map_err(|mismatch| {
            let other = at.stage.call.clone();
            let help = "what stands in for a stage hands on the same type";
            at_otherwise.error(FlowErrorKind::OtherResult { other, mismatch }, help)
        })?;
        Ok(Otherwise { stage: otherwise, lent })
    }

    /// That a stage may end the flow with `error`, as all others that may.
    fn fail(
        &self,
        at: &At<'_>,
        error: Option<&Type>,
        failure: &mut Option<Failure>,
    ) -> Result<(), FlowError> {
        let Some(common) = failure else {
            *failure = Some(Failure { stage: at.stage.call.clone(), error: error.cloned() });
            return Ok(());
        };
        self.imports.same_optional(common.error.as_ref(), error).map_err(|mismatch| {
            let other = common.stage.clone();
            let help = "a flow fails with one type: let the stages share it, or handle the one \
                        error by `otherwise`";
            at.error(FlowErrorKind::OtherError { other, mismatch }, help)
        })
    }
}

/// What a step hands on: what its one stage returns, a tuple of what several do, or again what
/// they borrowed and returned nothing for.
fn hands_on(step: &Step) -> Option<Type> {
    let mut types: Vec<Type> = if step.again {
        step.lent.iter().map(|lent| lent.ty.clone()).collect()
    } else {
        step.stages.iter().filter_map(Stage::hands_on).cloned().collect()
    };
    if types.len() > 1 { Some(Type::Tuple(types)) } else { types.pop() }
}

/// The named types in `ty` that hold resources.
fn named_with_resource(ty: &Type) -> Vec<&Type> {
    if ty.name().is_some() && mentions_resource(ty) {
        return vec![ty];
    }
    ty.inner().into_iter().flat_map(|(_, inner)| named_with_resource(inner)).collect()
}

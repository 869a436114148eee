//! What a stage takes of what is handed on.
//!
//! A parameter is *open* if no constant stands for it. One open parameter takes all that is
//! handed on. Several take an element each of the tuple that is handed on, in order. None can
//! be where something is handed on: nothing is dropped unasked. The first step's open parameters
//! are those of the flow.
//!
//! A parameter that borrows a resource takes an owned one too: the flow lends it.

use super::constants::Constants;
use super::error::{At, Before, FlowError, FlowErrorKind};
use super::imports::Imports;
use super::plan::{Argument, Lent};
use super::resources::{borrows, mentions, owns};
use crate::component::world::{Field, Function, Mismatch, Resource, Type};

/// What stages can take.
#[derive(Debug)]
pub(super) enum Given {
    /// The flow's own parameters: whatever the first stage leaves open.
    Parameters(Option<Vec<Field>>),
    /// What the step before hands on, if anything.
    Value {
        /// Where it comes from.
        before: Before,
        /// The type.
        ty: Option<Type>,
    },
}

/// What a stage is called with.
pub(super) struct Taken {
    /// An argument for each parameter.
    pub(super) arguments: Vec<Argument>,
    /// Those that it only borrows.
    pub(super) lent: Vec<Lent>,
}

/// The word for what is handed on, among the arguments in a manifest.
const HANDED_ON: &str = "_";

/// The arguments of the stage at `at`. `shared` says whether other stages take the same.
pub(super) fn take(
    at: &At<'_>,
    function: &Function,
    given: &mut Given,
    shared: bool,
    imports: &Imports<'_>,
    constants: &mut Constants,
) -> Result<Taken, FlowError> {
    let mut arguments = self::constants(at, function, constants)?;
    let open: Vec<usize> =
        (0..arguments.len()).filter(|index| arguments[*index].is_none()).collect();
    let parameters: Vec<&Field> = open.iter().map(|index| &function.parameters[*index]).collect();
    let offered = match given {
        Given::Parameters(known) => of_the_flow(at, &parameters, known, imports)?,
        Given::Value { before, ty } => handed_on(at, &parameters, before, ty.as_ref())?,
    };
    let mut lent = Vec::new();
    for ((index, parameter), (argument, ty)) in open.iter().zip(parameters).zip(offered) {
        let lends = fits(&parameter.ty, &ty, imports).map_err(|mismatch| {
            let Given::Value { before, .. } = &*given else {
                unreachable!("the flow's parameters are those of its stages")
            };
            let kind = FlowErrorKind::Misfit { before: before.clone(), mismatch };
            at.error(kind, format!("it takes {}, and {ty} is handed on", parameter.ty))
        })?;
        if shared && !lends && owns(&ty) {
            let (_, resource) = mentions(&ty)[0];
            let kind = FlowErrorKind::OwnToSeveral { resource: resource.name.clone() };
            let help = "an owned resource goes to one stage; several stages may borrow it";
            return Err(at.error(kind, help));
        }
        if lends || borrows(&ty) {
            lent.push(Lent { argument, ty });
        }
        arguments[*index] = Some(argument);
    }
    Ok(Taken { arguments: arguments.into_iter().flatten().collect(), lent })
}

/// The constants among the arguments; nothing for an open parameter.
fn constants(
    at: &At<'_>,
    function: &Function,
    constants: &mut Constants,
) -> Result<Vec<Option<Argument>>, FlowError> {
    let parameters = &function.parameters;
    let Some(args) = &at.stage.args else { return Ok(vec![None; parameters.len()]) };
    let described = || {
        let of = |field: &Field| format!("{}: {}", field.name, field.ty);
        parameters.iter().map(of).collect::<Vec<_>>().join(", ")
    };
    if args.len() != parameters.len() {
        let kind = FlowErrorKind::ArgumentCount { given: args.len(), takes: parameters.len() };
        return Err(at.error(kind, format!("its parameters are ({})", described())));
    }
    args.iter()
        .zip(parameters)
        .enumerate()
        .map(|(index, (text, parameter))| {
            if text == HANDED_ON {
                return Ok(None);
            }
            let address = constants.add(&parameter.ty, text).map_err(|problem| {
                let (parameter, of) = (parameter.name.clone(), parameter.ty.to_string());
                let kind = FlowErrorKind::Argument { text: text.clone(), parameter, of, problem };
                let help = "write a value in WAVE, or `_` for what is handed on";
                at.argument(index).error(kind, help)
            })?;
            Ok(Some(Argument::Constant(address)))
        })
        .collect()
}

/// The flow's parameters, which the first stage decides.
fn of_the_flow(
    at: &At<'_>,
    open: &[&Field],
    known: &mut Option<Vec<Field>>,
    imports: &Imports<'_>,
) -> Result<Vec<(Argument, Type)>, FlowError> {
    let known = known.get_or_insert_with(|| open.iter().map(|field| (*field).clone()).collect());
    let others = || at.flow.steps[0][0].call.clone();
    let types = |fields: &mut dyn Iterator<Item = &Field>| -> String {
        let types: Vec<_> = fields.map(|field| field.ty.to_string()).collect();
        format!("({})", types.join(", "))
    };
    let differ = |mismatch| {
        let kind = FlowErrorKind::OtherParameters { other: others(), mismatch };
        at.error(kind, "stages of one step take the same")
    };
    if known.len() != open.len() {
        return Err(differ(Mismatch {
            path: Vec::new(),
            expected: types(&mut known.iter()),
            found: types(&mut open.iter().copied()),
        }));
    }
    for (index, (one, other)) in known.iter().zip(open).enumerate() {
        imports
            .same(&one.ty, &other.ty)
            .map_err(|mismatch| differ(mismatch.under(format!("parameter {}", index + 1))))?;
    }
    let parameters = known.iter().enumerate();
    Ok(parameters.map(|(index, field)| (Argument::Parameter(index), field.ty.clone())).collect())
}

/// What each open parameter can take of what is handed on.
fn handed_on(
    at: &At<'_>,
    open: &[&Field],
    before: &Before,
    ty: Option<&Type>,
) -> Result<Vec<(Argument, Type)>, FlowError> {
    let before = before.clone();
    let elements = match ty {
        Some(Type::Tuple(types)) => &types[..],
        _ => &[],
    };
    match (ty, open) {
        (None, []) => Ok(Vec::new()),
        (None, [first, ..]) => {
            let kind = FlowErrorKind::NothingToTake { wanted: first.ty.to_string(), before };
            Err(at.error(kind, "after a stage that returns nothing stands one without parameters"))
        }
        (Some(ty), [_]) => Ok(vec![(Argument::Whole, ty.clone())]),
        (Some(_), open) if !open.is_empty() && elements.len() == open.len() => {
            let elements = elements.iter().cloned().enumerate();
            Ok(elements.map(|(index, ty)| (Argument::Element(index), ty)).collect())
        }
        (Some(ty), open) => {
            let given = match elements.len() {
                0 => format!("one value, {ty}"),
                count => format!("{count} values, {ty}"),
            };
            let kind = FlowErrorKind::TakesOther { found: open.len(), before, given };
            let help = "a stage takes all that is handed on, as one parameter, or as many as the \
                        tuple has elements; `args` gives the others values";
            Err(at.error(kind, help))
        }
    }
}

/// Whether a parameter takes a value, and if it does, whether by borrowing what the flow owns.
fn fits(parameter: &Type, ty: &Type, imports: &Imports<'_>) -> Result<bool, Mismatch> {
    if let (Type::Borrow(wanted), Type::Own(owned)) = (parameter, ty) {
        let own = |resource: &Resource| Type::Own(resource.clone());
        return imports.same(&own(wanted), &own(owned)).map(|()| true);
    }
    imports.same(parameter, ty).map(|()| false)
}

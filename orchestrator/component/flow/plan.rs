//! From names in a manifest to signatures that are known to fit.

use std::collections::BTreeMap;

use super::FlowSource;
use super::error::{FlowError, FlowErrorKind};
use super::names::Names;
use crate::component::part::Part;
use crate::component::world::{
    Field, Function, Item, Mismatch, Type, compare_types, split_version,
};
use crate::nearest::suggestion;

/// All flows with everything known about them.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) imports: Vec<Import>,
    pub(super) flows: Vec<Flow>,
    /// Plain names that types must not have: the parts import types under them.
    pub(super) taken: Vec<String>,
}

/// An interface that the flow component imports: those functions of one interface, or of one
/// component's own exports, that stages call.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) name: String,
    pub(super) component: String,
    pub(super) interface: Option<String>,
    pub(super) functions: BTreeMap<String, Function>,
}

/// One flow.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) name: String,
    pub(super) stages: Vec<Stage>,
    pub(super) result: Option<Type>,
    /// Whether `result` is the last stage's result wrapped in `ok`.
    pub(super) wraps: bool,
}

/// One call.
#[derive(Debug)]
pub(super) struct Stage {
    /// Index into [`Plan::imports`].
    pub(super) import: usize,
    pub(super) function: String,
    pub(super) signature: Function,
}

/// What a stage that fails says about it: a value of this type, or nothing.
#[derive(Clone, Copy)]
struct Failure<'t>(Option<&'t Type>);

impl Flow {
    /// The flow's own parameters: those of its first stage.
    pub(super) fn parameters(&self) -> &[Field] {
        &self.stages[0].signature.parameters
    }
}

impl Stage {
    /// How it fails, if it can.
    fn failure(&self) -> Option<Failure<'_>> {
        match &self.signature.result {
            Some(Type::Result { error, .. }) => Some(Failure(error.as_deref())),
            _ => None,
        }
    }

    /// What the next stage gets.
    fn hands_on(&self) -> Option<&Type> {
        match &self.signature.result {
            Some(Type::Result { ok, .. }) => ok.as_deref(),
            other => other.as_ref(),
        }
    }
}

pub(super) fn plan(flows: &[FlowSource], parts: &[Part<'_>]) -> Result<Plan, FlowError> {
    let mut planner = Planner { parts, imports: Vec::new(), names: Names::default() };
    let flows = flows.iter().map(|flow| planner.flow(flow)).collect::<Result<_, _>>()?;
    let open_types = parts
        .iter()
        .flat_map(|part| &part.world.imports)
        .filter(|(_, item)| matches!(item, Item::Type(_)))
        .map(|(name, _)| name.clone());
    let taken =
        open_types.chain(planner.imports.iter().map(|import| import.name.clone())).collect();
    Ok(Plan { imports: planner.imports, flows, taken })
}

struct Planner<'p> {
    parts: &'p [Part<'p>],
    imports: Vec<Import>,
    names: Names,
}

impl Planner<'_> {
    fn flow(&mut self, source: &FlowSource) -> Result<Flow, FlowError> {
        if wasmparser::names::KebabStr::new(&source.name).is_none() {
            let help = "words of letters and digits with dashes between them, such as `run-all`";
            return Err(FlowError::of_flow(source, FlowErrorKind::BadName, help));
        }
        let stages = (0..source.stages.len())
            .map(|index| self.stage(source, index))
            .collect::<Result<Vec<_>, _>>()?;
        let Some(last) = stages.last() else {
            let help = "name functions, such as steps = [\"component/function\"]";
            return Err(FlowError::of_flow(source, FlowErrorKind::NoStages, help));
        };
        for index in 1..stages.len() {
            fits(source, &stages, index)?;
        }
        let failure = common_failure(source, &stages)?;
        let own = last.signature.result.clone();
        let (result, wraps) = match failure {
            Some(Failure(error)) if last.failure().is_none() => {
                let error = error.cloned().map(Box::new);
                (Some(Type::Result { ok: own.map(Box::new), error }), true)
            }
            _ => (own, false),
        };
        Ok(Flow { name: source.name.clone(), stages, result, wraps })
    }

    fn stage(&mut self, flow: &FlowSource, index: usize) -> Result<Stage, FlowError> {
        let parts = self.parts;
        let refuse = |kind, help: String| FlowError::of_stage(flow, index, kind, help);
        let Some((component, path)) = flow.stages[index].split_once('/') else {
            let help = "a stage is `component/function` or `component/interface.function`";
            return Err(refuse(FlowErrorKind::Malformed, help.to_owned()));
        };
        let Some(part) = parts.iter().find(|part| part.name == component) else {
            let known = parts.iter().map(|part| part.name.as_str());
            let help = suggestion(component, known, "the components are");
            return Err(refuse(
                FlowErrorKind::UnknownComponent { component: component.to_owned() },
                help,
            ));
        };
        let found = candidates(part, path);
        let (interface, function, signature) = match &found[..] {
            [one] => *one,
            [] => {
                let known = all_functions(part);
                let help = suggestion(path, known.iter().map(String::as_str), "it exports");
                let (component, function) = (component.to_owned(), path.to_owned());
                return Err(refuse(FlowErrorKind::UnknownFunction { component, function }, help));
            }
            several => {
                let candidates =
                    several.iter().map(|found| written(part, found.0, found.1)).collect();
                let help = "write the interface before the function".to_owned();
                return Err(refuse(FlowErrorKind::Ambiguous { candidates }, help));
            }
        };
        forwardable(signature).map_err(|kind| {
            refuse(kind, "let the components meet directly, by an import of the one".to_owned())
        })?;
        Ok(Stage {
            import: self.import(part, interface, function, signature),
            function: function.to_owned(),
            signature: signature.clone(),
        })
    }

    fn import(
        &mut self,
        part: &Part<'_>,
        interface: Option<&str>,
        function: &str,
        signature: &Function,
    ) -> usize {
        let known = self.imports.iter().position(|import| {
            import.component == part.name && import.interface.as_deref() == interface
        });
        let index = known.unwrap_or_else(|| {
            let wanted = match interface {
                Some(interface) => format!("{}-{}", part.name, short_name(interface)),
                None => part.name.clone(),
            };
            self.imports.push(Import {
                name: self.names.claim(&wanted),
                component: part.name.clone(),
                interface: interface.map(str::to_owned),
                functions: BTreeMap::new(),
            });
            self.imports.len() - 1
        });
        self.imports[index].functions.insert(function.to_owned(), signature.clone());
        index
    }
}

type Candidate<'p> = (Option<&'p str>, &'p str, &'p Function);

/// All functions of `part` that `path` may mean: one of its own goes before those of
/// interfaces, a full interface name before a short one.
fn candidates<'p>(part: &'p Part<'_>, path: &str) -> Vec<Candidate<'p>> {
    if let Some((name, Item::Function(function))) = part.world.exports.get_key_value(path) {
        return vec![(None, name, function)];
    }
    let functions = |matches: &dyn Fn(&str) -> bool, wanted: &str| -> Vec<Candidate<'p>> {
        let interfaces = part.world.exports.iter().filter(|(name, _)| matches(name));
        interfaces
            .filter_map(|(interface, item)| match item {
                Item::Interface(found) => {
                    let (name, function) = found.functions.get_key_value(wanted)?;
                    Some((Some(interface.as_str()), name.as_str(), function))
                }
                _ => None,
            })
            .collect()
    };
    let Some((interface, function)) = path.rsplit_once('.') else {
        return functions(&|_| true, path);
    };
    let exact = functions(&|name| name == interface, function);
    if exact.is_empty() {
        functions(
            &|name| split_version(name).0 == interface || short_name(name) == interface,
            function,
        )
    } else {
        exact
    }
}

/// An interface's own name, without namespace, package and version.
fn short_name(interface: &str) -> &str {
    let unversioned = split_version(interface).0;
    unversioned.rsplit_once('/').map_or(unversioned, |(_, name)| name)
}

fn written(part: &Part<'_>, interface: Option<&str>, function: &str) -> String {
    match interface {
        Some(interface) => format!("{}/{interface}.{function}", part.name),
        None => format!("{}/{function}", part.name),
    }
}

/// Every function of `part`, as it stands behind the slash.
fn all_functions(part: &Part<'_>) -> Vec<String> {
    let mut all = Vec::new();
    for (name, item) in &part.world.exports {
        match item {
            Item::Function(_) => all.push(name.clone()),
            Item::Interface(found) => {
                all.extend(
                    found
                        .functions
                        .keys()
                        .map(|function| format!("{}.{function}", short_name(name))),
                );
            }
            Item::Type(_) => {}
        }
    }
    all
}

/// Whether a stage takes what the one before it hands on.
fn fits(source: &FlowSource, stages: &[Stage], index: usize) -> Result<(), FlowError> {
    let before = source.stages[index - 1].clone();
    let given = stages[index - 1].hands_on();
    let (kind, help) = match (given, &stages[index].signature.parameters[..]) {
        (None, []) => return Ok(()),
        (Some(given), [parameter]) => match compare_types(&parameter.ty, given) {
            Ok(()) => return Ok(()),
            Err(mismatch) => (
                FlowErrorKind::Misfit { before, mismatch },
                format!("it takes {}, and {given} is handed on", parameter.ty),
            ),
        },
        (Some(given), parameters) => (
            FlowErrorKind::TakesOther { found: parameters.len(), before, given: given.to_string() },
            "every stage but the first takes exactly what the one before hands on".to_owned(),
        ),
        (None, [first, ..]) => (
            FlowErrorKind::NothingToTake { wanted: first.ty.to_string(), before },
            "after a stage that returns nothing stands one without parameters".to_owned(),
        ),
    };
    Err(FlowError::of_stage(source, index, kind, help))
}

/// The one failure of all stages that end the flow early, if any does. The last stage's
/// counts too when an earlier one can fail.
fn common_failure<'s>(
    source: &FlowSource,
    stages: &'s [Stage],
) -> Result<Option<Failure<'s>>, FlowError> {
    let mut common: Option<(usize, Failure<'_>)> = None;
    for (index, stage) in stages.iter().enumerate() {
        let Some(failure) = stage.failure() else { continue };
        let Some((first, known)) = common else {
            common = Some((index, failure));
            continue;
        };
        let differs = match (known.0, failure.0) {
            (Some(known), Some(error)) => compare_types(known, error).err(),
            (None, None) => None,
            (known, error) => {
                let described =
                    |ty: Option<&Type>| ty.map_or_else(|| "nothing".to_owned(), Type::to_string);
                Some(Mismatch {
                    path: Vec::new(),
                    expected: described(known),
                    found: described(error),
                })
            }
        };
        if let Some(mismatch) = differs {
            let kind = FlowErrorKind::OtherError { other: source.stages[first].clone(), mismatch };
            let help = "a flow fails with one type: let the stages share it";
            return Err(FlowError::of_stage(source, index, kind, help));
        }
    }
    Ok(match common {
        // Only the last stage can fail: its result is the flow's, and nothing ends early.
        Some((index, _)) if index + 1 == stages.len() => None,
        other => other.map(|(_, failure)| failure),
    })
}

/// Whether every type of a signature can be forwarded.
fn forwardable(function: &Function) -> Result<(), FlowErrorKind> {
    if function.asynchronous {
        return Err(FlowErrorKind::Asynchronous);
    }
    for (index, parameter) in function.parameters.iter().enumerate() {
        type_forwardable(&parameter.ty, &mut vec![format!("parameter {}", index + 1)])?;
    }
    match &function.result {
        Some(result) => type_forwardable(result, &mut vec!["result".to_owned()]),
        None => Ok(()),
    }
}

fn type_forwardable(ty: &Type, path: &mut Vec<String>) -> Result<(), FlowErrorKind> {
    let what = match ty {
        Type::Own(resource) | Type::Borrow(resource) => format!("resource `{}`", resource.name),
        Type::Future(_) | Type::Stream(_) | Type::Map(..) | Type::FixedLengthList(..) => {
            format!("`{ty}`")
        }
        Type::ErrorContext => "an error context".to_owned(),
        _ => {
            for (step, inner) in ty.inner() {
                path.push(step);
                type_forwardable(inner, path)?;
                path.pop();
            }
            return Ok(());
        }
    };
    Err(FlowErrorKind::Unsupported { path: path.clone(), what })
}

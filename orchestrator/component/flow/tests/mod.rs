//! Flows in a real wasmtime, with the stages as functions of the host: what a stage is handed
//! and what the flow returns are compared value by value.

mod composed;
mod identity;
mod programs;
mod refused;
mod resources;
mod values;

use std::collections::BTreeMap;
use std::slice;
use std::sync::{Arc, Mutex};

use wasmtime::component::{Component, Instance, Linker, Val};
use wasmtime::{Config, Engine, Store, StoreLimits, StoreLimitsBuilder};

use super::*;
use crate::component::world::{Case, Field, Function, Item, Type, World};
use values::{Random, value};

/// A part that exports `functions` as its own; its bytes are never looked at.
fn part(functions: &[(&str, Function)]) -> Part<'static> {
    let exports: BTreeMap<String, Item> = functions
        .iter()
        .map(|(name, found)| ((*name).to_owned(), Item::Function(found.clone())))
        .collect();
    Part {
        component: "p".into(),
        name: "p".into(),
        bytes: Vec::new().into(),
        world: World { exports, ..World::default() },
    }
}

fn function(parameters: &[Type], result: Option<Type>) -> Function {
    let field = |(index, ty): (usize, &Type)| Field { name: format!("p{index}"), ty: ty.clone() };
    Function {
        asynchronous: false,
        parameters: parameters.iter().enumerate().map(field).collect(),
        result,
    }
}

fn source(stages: &[&str]) -> Vec<FlowSource> {
    let stages: Vec<_> = stages.iter().map(|stage| format!("p/{stage}")).collect();
    vec![FlowSource::chain("run", &stages.iter().map(String::as_str).collect::<Vec<_>>())]
}

fn engine() -> Engine {
    Engine::new(&Config::new()).expect("an engine")
}

/// What each stage was called with.
type Calls = Arc<Mutex<BTreeMap<String, Vec<Val>>>>;

/// A flow instance whose stages return what `answers` says.
struct Running {
    store: Store<StoreLimits>,
    instance: Instance,
    calls: Calls,
}

impl Running {
    fn start(component: &FlowComponent, answers: &[(&str, Option<Val>)]) -> Self {
        let engine = engine();
        let component = Component::new(&engine, &component.part.bytes).expect("compiles");
        let mut linker = Linker::new(&engine);
        let calls = Calls::default();
        let mut stages = linker.instance("p").expect("an instance");
        for (name, answer) in answers {
            let (calls, answer, key) = (calls.clone(), answer.clone(), (*name).to_owned());
            stages
                .func_new(name, move |_, _, arguments, results| {
                    calls.lock().unwrap().insert(key.clone(), arguments.to_vec());
                    if let Some(answer) = &answer {
                        results[0] = answer.clone();
                    }
                    Ok(())
                })
                .expect("a function");
        }
        let limits =
            StoreLimitsBuilder::new().memory_size(1 << 24).trap_on_grow_failure(true).build();
        let mut store = Store::new(&engine, limits);
        store.limiter(|limits| limits);
        let instance = linker.instantiate(&mut store, &component).expect("instantiates");
        Self { store, instance, calls }
    }

    fn call(&mut self, arguments: &[Val], results: usize) -> wasmtime::Result<Option<Val>> {
        let run = self.instance.get_func(&mut self.store, "run").expect("exports run");
        let mut values = vec![Val::Bool(false); results];
        run.call(&mut self.store, arguments, &mut values)?;
        Ok(values.pop())
    }
}

fn ok(value: Option<Val>) -> Val {
    Val::Result(Ok(value.map(Box::new)))
}

fn err(value: Option<Val>) -> Val {
    Val::Result(Err(value.map(Box::new)))
}

fn result(ok: Option<&Type>, error: Option<&Type>) -> Type {
    let boxed = |ty: &Type| Box::new(ty.clone());
    Type::Result { ok: ok.map(boxed), error: error.map(boxed) }
}

/// What a stage is: whether it hands something on, and whether it can fail, and does.
#[derive(Debug, Clone)]
struct Way {
    value: Option<Type>,
    fallible: bool,
    fails: bool,
}

impl Way {
    /// A stage that returns a `result` can fail by that alone; inside a tuple it is a value.
    fn unmistakable(self) -> Self {
        match self {
            Self { value: Some(value @ Type::Result { .. }), fallible: false, fails } => {
                Self { value: Some(Type::Tuple(vec![value])), fallible: false, fails }
            }
            other => other,
        }
    }
}

/// Runs a flow of `ways`, with `error` as the type of all failures, and checks every value.
fn check(parameters: &[Type], error: Option<&Type>, ways: &[Way], seed: u64) {
    let mut random = Random(seed | 1);
    let (mut functions, mut answers, mut handed) = (Vec::new(), Vec::new(), Vec::new());
    let mut takes: Vec<Type> = parameters.to_vec();
    let ways: Vec<Way> = ways.iter().cloned().map(Way::unmistakable).collect();
    for way in &ways {
        let returns =
            if way.fallible { Some(result(way.value.as_ref(), error)) } else { way.value.clone() };
        functions.push(function(&takes, returns));
        let given = way.value.as_ref().map(|ty| value(ty, &mut random));
        answers.push(match (way.fallible, way.fails) {
            (false, _) => given.clone(),
            (true, false) => Some(ok(given.clone())),
            (true, true) => Some(err(error.map(|ty| value(ty, &mut random)))),
        });
        handed.push(given);
        takes = way.value.iter().cloned().collect();
    }
    let names: Vec<String> = (0..ways.len()).map(|index| format!("s{index}")).collect();
    let stages: Vec<_> = names.iter().map(String::as_str).zip(functions).collect();
    let flows = source(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let component = generate(&flows, &[part(&stages)], &[]).expect("generates").expect("a flow");
    assert_eq!(
        generate(&flows, &[part(&stages)], &[]).unwrap().unwrap().part.bytes,
        component.part.bytes,
        "equal bytes each time"
    );

    let answers: Vec<_> = names.iter().map(String::as_str).zip(answers).collect();
    let arguments: Vec<Val> = parameters.iter().map(|ty| value(ty, &mut random)).collect();
    let (last, earlier) = ways.split_last().expect("a stage");
    let can_fail = earlier.iter().any(|way| way.fallible);
    let failing = ways.iter().position(|way| way.fallible && way.fails);
    let expected = match failing {
        Some(index) => answers[index].1.clone(),
        None if can_fail && !last.fallible => Some(ok(answers[ways.len() - 1].1.clone())),
        None => answers[ways.len() - 1].1.clone(),
    };
    let results = usize::from(last.value.is_some() || last.fallible || can_fail);

    let mut running = Running::start(&component, &answers);
    for _ in 0..3 {
        running.calls.lock().unwrap().clear();
        let returned = running.call(&arguments, results).expect("runs");
        assert_eq!(returned, expected);
        let calls = running.calls.lock().unwrap();
        assert_eq!(calls.len(), failing.map_or(ways.len(), |index| index + 1));
        assert_eq!(calls["s0"], arguments);
        for (index, name) in names.iter().enumerate().skip(1).take(calls.len() - 1) {
            assert_eq!(calls[name], handed[index - 1].iter().cloned().collect::<Vec<_>>());
        }
    }
}

fn plain(ty: &Type) -> Way {
    Way { value: Some(ty.clone()), fallible: false, fails: false }
}

#[test]
fn every_type_goes_through_two_stages() {
    for (seed, ty) in (0..).zip(values::every_type()) {
        check(slice::from_ref(&ty), None, &[plain(&ty), plain(&ty)], seed);
    }
}

#[test]
fn every_type_is_an_ok_value_and_an_error() {
    for (seed, ty) in (0..).zip(values::every_type()) {
        for fails in [None, Some(0), Some(1)] {
            let way =
                |index| Way { fallible: index != 2, fails: fails == Some(index), ..plain(&ty) };
            check(&[], Some(&ty), &[way(0), way(1), way(2)], seed);
        }
    }
}

#[test]
fn results_of_all_four_shapes() {
    let values = [Some(Type::String), None];
    let mut seed = 0;
    for (value, error) in
        values.iter().flat_map(|value| values.iter().map(move |error| (value, error)))
    {
        for last_value in &values {
            for (fallible_last, fails) in
                [(false, None), (false, Some(0)), (true, Some(0)), (true, Some(1)), (true, None)]
            {
                seed += 1;
                let first = Way { value: value.clone(), fallible: true, fails: fails == Some(0) };
                let last = Way {
                    value: last_value.clone(),
                    fallible: fallible_last,
                    fails: fails == Some(1),
                };
                check(&[Type::U8], error.as_ref(), &[first, last], seed);
            }
        }
    }
}

#[test]
fn more_core_values_than_parameters_may_be_go_through_memory() {
    let wide = Type::Tuple((0..9).map(|_| Type::String).collect());
    let narrow = Type::Tuple((0..8).map(|_| Type::String).collect());
    for ty in [wide.clone(), narrow] {
        check(
            slice::from_ref(&ty),
            Some(&ty),
            &[plain(&ty), Way { fallible: true, ..plain(&ty) }, plain(&ty)],
            7,
        );
        check(
            slice::from_ref(&ty),
            Some(&ty),
            &[Way { fallible: true, ..plain(&ty) }, plain(&ty)],
            8,
        );
    }
    let many: Vec<Type> =
        (0..20).map(|index| if index % 2 == 0 { Type::U8 } else { Type::F64 }).collect();
    check(&many, None, &[plain(&wide)], 9);
}

#[test]
fn stages_that_return_nothing_are_followed_by_those_that_take_nothing() {
    let nothing = Way { value: None, fallible: false, fails: false };
    check(&[Type::U8], None, slice::from_ref(&nothing), 1);
    check(&[Type::U8], None, &[nothing.clone(), nothing.clone(), plain(&Type::U64)], 2);
    let unit = Way { fallible: true, ..nothing.clone() };
    check(&[], None, &[unit.clone(), nothing.clone()], 3);
    check(&[], None, &[Way { fails: true, ..unit }, nothing], 4);
}

#[test]
fn empty_and_long_lists_and_strings() {
    let list = Type::List(Box::new(Type::Tuple(vec![Type::String, Type::U64])));
    let function = function(slice::from_ref(&list), Some(list.clone()));
    let flows = source(&["f", "f"]);
    let component = generate(&flows, &[part(&[("f", function)])], &[]).unwrap().unwrap();
    for (count, length) in [(0, 0), (1, 1 << 20), (20_000, 3), (1, 0)] {
        let item = Val::Tuple(vec![Val::String("ß".repeat(length)), Val::U64(u64::MAX)]);
        let list = Val::List(vec![item; count]);
        let mut running = Running::start(&component, &[("f", Some(list.clone()))]);
        assert_eq!(running.call(slice::from_ref(&list), 1).unwrap(), Some(list));
    }
}

#[test]
fn memory_stays_bounded_over_many_calls() {
    let text = |ty: Option<Type>| function(&[Type::String], ty);
    let parts = [part(&[
        ("f", text(Some(result(Some(&Type::String), Some(&Type::String))))),
        ("g", text(Some(Type::String))),
    ])];
    let component = generate(&source(&["f", "g"]), &parts, &[]).unwrap().unwrap();
    let query = Val::String("x".repeat(3 << 10));
    let mut running = Running::start(
        &component,
        &[("f", Some(ok(Some(query.clone())))), ("g", Some(query.clone()))],
    );
    // Two pages of 64 KiB are enough for one call, and so they are for all.
    *running.store.data_mut() =
        StoreLimitsBuilder::new().memory_size(2 << 16).trap_on_grow_failure(true).build();
    let expected = Some(ok(Some(query.clone())));
    for _ in 0..100_000 {
        assert_eq!(running.call(slice::from_ref(&query), 1).expect("runs"), expected);
    }
    // The limit is real: a call that needs more is stopped by it.
    let long = Val::String("x".repeat(1 << 20));
    assert!(running.call(&[long], 1).is_err());
}

#[test]
fn several_flows_share_one_component() {
    let number = function(&[Type::U32], Some(Type::U32));
    let parts = [part(&[("f", number.clone()), ("g", number)])];
    let mut flows = source(&["f", "g"]);
    flows.push(FlowSource::chain("type", &["p/g"]));
    let component = generate(&flows, &parts, &[]).unwrap().unwrap();
    assert_eq!(component.links.len(), 1, "one import for all functions of one interface");
    let exports: Vec<_> = component.part.world.exports.keys().collect();
    assert_eq!(exports, ["run", "type"], "a flow may be called as a word of WIT");
}

#[test]
fn equal_structures_share_a_name_and_others_get_one_of_their_own() {
    let record = |name: &str, ty: Type| Type::Record {
        name: name.into(),
        fields: vec![Field { name: "x".into(), ty }],
    };
    let case = |ty: Type| vec![Case { name: "c".into(), ty: Some(ty) }];
    let variant = Type::Variant { name: "item".into(), cases: case(record("item", Type::U8)) };
    let parts = [part(&[
        ("f", function(&[record("item", Type::U16)], Some(record("other", Type::U8)))),
        ("g", function(&[record("item", Type::U8)], Some(variant))),
    ])];
    let component = generate(&source(&["f", "g"]), &parts, &[]).unwrap().unwrap();
    let types: Vec<_> = component.part.world.imports.keys().map(String::as_str).collect();
    assert_eq!(types, ["item", "item-n3", "p", "poly:flow/types"]);
    let Item::Function(run) = &component.part.world.exports["run"] else { panic!() };
    assert_eq!(run.result.as_ref().and_then(Type::name), Some("item-n3"));
}

#[test]
fn no_flows_are_no_component() {
    assert!(generate(&[], &[], &[]).unwrap().is_none());
}

//! Flows that do not fit, and what is said about them.

use std::slice;

use super::super::{FlowSource, Place, StageSource, generate};
use crate::component::part::Part;
use crate::component::wit;
use crate::component::world::World;

fn parts() -> Vec<Part<'static>> {
    let wit = "package a:b;
        interface api { record row { tags: list<string> }
            rows: func(query: string) -> result<list<row>, string>;
            table: func() -> tuple<u8, map<string, u8>>; array: func() -> list<u8, 4>; }
        interface other { rows: func(); }
        interface wrong { record row { tags: list<u32> } count: func(rows: list<row>) -> result<u32, u8>; }
        interface right { record row { tags: list<string> } count: func(rows: list<row>) -> result<u32, u8>;
            add: func(a: u32, b: u32) -> u32; nothing: func(); later: async func() -> u8;
            pour: func(bytes: list<option<stream<u8>>>);
            three: func() -> tuple<u32, u32, u32>; name: func(n: u32, text: string) -> u32;
            explain: func(reason: string) -> u32; excuse: func(code: u8) -> u8; }
        interface files { resource file { constructor(); size: func() -> u32; }
            close: func(one: file) -> u32; }
        world source { export api; export other; export top: func() -> u32; }
        world sink { export wrong; export right; export files; }
        world third { export files; }";
    let wit = wit::resolve(&[("w.wit".to_owned(), wit.to_owned())].into()).expect("WIT");
    ["source", "sink", "third"]
        .map(|name| Part {
            component: name.to_owned(),
            name: name.to_owned(),
            bytes: Vec::new().into(),
            world: World::new(&wit.resolve, wit.select(name).expect("a world")),
        })
        .to_vec()
}

/// Error and help of the flow `run` with `stages`, and the stage that it is about.
fn refused(stages: &[&str]) -> (String, String, Option<Place>) {
    refused_flow(&FlowSource::chain("run", stages))
}

fn refused_flow(flow: &FlowSource) -> (String, String, Option<Place>) {
    let error = generate(slice::from_ref(flow), &parts(), &[]).unwrap_err();
    let help = miette::Diagnostic::help(&error).map(|help| help.to_string()).unwrap_or_default();
    (error.to_string(), help, error.place)
}

#[test]
fn types_that_do_not_fit_are_told_with_the_way_to_them() {
    let (text, help, stage) = refused(&["source/api.rows", "sink/wrong.count"]);
    assert_eq!(
        text,
        "stage 2 (`sink/wrong.count`) of flow `run` does not take what `source/api.rows` hands on: \
         list element → record field \"tags\" → list element: expected u32, found string"
    );
    assert_eq!(help, "it takes list<row>, and list<row> is handed on");
    assert_eq!(stage, Some(Place { step: 1, ..Place::default() }));
}

#[test]
fn errors_of_two_types_are_told_with_both_stages() {
    assert_eq!(
        refused(&["source/api.rows", "sink/right.count"]).0,
        "stage 2 (`sink/right.count`) of flow `run` fails with another type than `source/api.rows`: \
         expected string, found u8"
    );
}

#[test]
fn the_number_of_parameters_must_fit() {
    assert_eq!(
        refused(&["source/top", "sink/right.add"]).0,
        "stage 2 (`sink/right.add`) of flow `run` takes 2 parameters, but `source/top` hands on one value, u32"
    );
    assert_eq!(
        refused(&["sink/right.nothing", "sink/right.add"]).0,
        "stage 2 (`sink/right.add`) of flow `run` takes u32, but `sink/right.nothing` hands on nothing"
    );
    assert_eq!(
        refused(&["source/top", "sink/right.nothing"]).0,
        "stage 2 (`sink/right.nothing`) of flow `run` takes 0 parameters, but `source/top` hands on one value, u32"
    );
    let (text, help, _) = refused(&["sink/three", "sink/right.add"]);
    assert_eq!(
        text,
        "stage 2 (`sink/right.add`) of flow `run` takes 2 parameters, but `sink/three` hands on 3 values, tuple<u32, u32, u32>"
    );
    assert_eq!(
        help,
        "a stage takes all that is handed on, as one parameter, or as many as the tuple has \
         elements; `args` gives the others values"
    );
}

fn step(stages: &[StageSource]) -> FlowSource {
    FlowSource { name: "run".into(), steps: vec![stages.to_vec()] }
}

fn with_args(call: &str, args: &[&str]) -> StageSource {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    StageSource { args: Some(args), ..call.into() }
}

fn otherwise(call: &str, otherwise: StageSource) -> StageSource {
    StageSource { otherwise: Some(Box::new(otherwise)), ..call.into() }
}

#[test]
fn arguments_fit_their_parameters_or_are_told_with_the_type() {
    let (text, help, place) = refused_flow(&step(&[with_args("sink/name", &["_"])]));
    assert_eq!(text, "stage 1 (`sink/name`) of flow `run` is given 1 arguments, but takes 2");
    assert_eq!(help, "its parameters are (n: u32, text: string)");
    assert_eq!(place, Some(Place::default()));
    let (text, help, place) = refused_flow(&step(&[with_args("sink/name", &["_", "3"])]));
    assert_eq!(
        text,
        "stage 1 (`sink/name`) of flow `run` is given `3` for its parameter `text`, which is not \
         a `string`: a value of another type"
    );
    assert_eq!(help, "write a value in WAVE, or `_` for what is handed on");
    assert_eq!(place, Some(Place { argument: Some(1), ..Place::default() }));
    let told = |call: &str, args: &[&str]| {
        let text = refused_flow(&step(&[with_args(call, args)])).0;
        text.split_once("which is not a ").expect("an argument").1.to_owned()
    };
    assert_eq!(told("sink/name", &["-1", "_"]), "`u32`: out of range, or not such a number");
    assert_eq!(told("sink/name", &["(", "_"]), "`u32`: it ends too early");
    assert_eq!(told("sink/close", &["1"]), "`file`: a resource cannot be written as a value");
}

#[test]
fn what_stands_in_takes_the_error_and_hands_on_the_same() {
    let told = |stage: StageSource| refused_flow(&step(&[stage]));
    assert_eq!(
        told(otherwise("source/top", "sink/explain".into())).0,
        "stage 1 (`source/top`) of flow `run` returns no error that `otherwise` could take"
    );
    let (text, _, place) = told(otherwise("source/api.rows", "sink/explain".into()));
    assert_eq!(
        text,
        "stage 1 (`sink/explain`) of flow `run` hands on another type than `source/api.rows`, for \
         which it stands in: expected list<row>, found u32"
    );
    assert_eq!(place, Some(Place { otherwise: 1, ..Place::default() }));
    assert_eq!(
        told(otherwise("sink/right.count", "sink/explain".into())).0,
        "stage 1 (`sink/explain`) of flow `run` does not take the error of `sink/right.count`: \
         expected string, found u8"
    );
    assert_eq!(
        told(otherwise("source/api.rows", "sink/name".into())).0,
        "stage 1 (`sink/name`) of flow `run` takes 2 parameters, but the error of \
         `source/api.rows` is one value, string"
    );
    // What stands in may fail too, and is stood in for.
    let again = otherwise("sink/right.count", otherwise("source/api.rows", "sink/excuse".into()));
    assert_eq!(told(again).2, Some(Place { otherwise: 1, ..Place::default() }));
}

#[test]
fn stages_of_one_step_take_the_same() {
    assert_eq!(
        refused_flow(&step(&["sink/excuse".into(), "sink/explain".into()])).0,
        "stage 1 (`sink/explain`) of flow `run` takes other parameters than `sink/excuse`: \
         parameter 1: expected u8, found string"
    );
    let (text, _, place) = refused_flow(&step(&["sink/excuse".into(), "sink/name".into()]));
    assert_eq!(
        text,
        "stage 1 (`sink/name`) of flow `run` takes other parameters than `sink/excuse`: \
         expected (u8), found (u32, string)"
    );
    assert_eq!(place, Some(Place { stage: 1, ..Place::default() }));
}

#[test]
fn an_owned_resource_goes_to_one_stage_and_is_its_owners() {
    let flow = FlowSource {
        name: "run".into(),
        steps: vec![
            vec!["sink/files.file".into()],
            vec!["sink/files.file.size".into(), "sink/close".into()],
        ],
    };
    let (text, help, _) = refused_flow(&flow);
    assert_eq!(
        text,
        "stage 2 (`sink/close`) of flow `run` takes the owned resource `file`, which is handed on \
         to other stages too"
    );
    assert_eq!(help, "an owned resource goes to one stage; several stages may borrow it");
    assert_eq!(
        refused(&["sink/files.file", "third/files.file.size"]).0,
        "stage 2 (`third/files.file.size`) of flow `run` does not take what `sink/files.file` \
         hands on: expected resource `file` of component `third` (a:b/files), found resource \
         `file` of component `sink` (a:b/files)"
    );
}

#[test]
fn names_that_point_nowhere_come_with_near_ones() {
    let told = |stage: &str| {
        let (text, help, _) = refused(&[stage]);
        (text.replace(&format!("stage 1 (`{stage}`) of flow `run` "), ""), help)
    };
    assert_eq!(
        told("sourse/top"),
        ("names component `sourse`, which does not exist".into(), "did you mean `source`?".into())
    );
    assert_eq!(
        told("source/tpo"),
        (
            "names `tpo`, which component `source` does not export".into(),
            "did you mean `top`?".into()
        )
    );
    assert_eq!(told("source/api.row").1, "did you mean `api.rows`?");
    assert_eq!(told("top").0, "names no function");
    assert_eq!(
        told("source/rows").0,
        "fits several functions: `source/a:b/api.rows`, `source/a:b/other.rows`"
    );
}

#[test]
fn what_cannot_be_forwarded_is_told_with_the_way_to_it() {
    assert_eq!(
        refused(&["source/api.table"]).0,
        "stage 1 (`source/api.table`) of flow `run` has a type that a flow cannot forward: \
         result → tuple element 2 is `map<string, u8>`, a type that the runtime does not accept yet"
    );
    assert_eq!(
        refused(&["source/api.array"]).0,
        "stage 1 (`source/api.array`) of flow `run` has a type that a flow cannot forward: \
         result is `list<u8, 4>`, a type that the runtime does not accept yet"
    );
    assert_eq!(
        refused(&["sink/right.pour"]).0,
        "stage 1 (`sink/right.pour`) of flow `run` has a type that a flow cannot forward: \
         parameter 1 → list element → option is `stream<u8>`, which belongs to one moment"
    );
    assert_eq!(
        refused(&["sink/right.later"]).0,
        "stage 1 (`sink/right.later`) of flow `run` is an async function, which a flow cannot call"
    );
}

/// When this fails, the types can be let through.
#[test]
fn the_runtime_refuses_what_flows_refuse_for_its_sake() {
    for ty in ["(map string u8)", "(list u8 4)"] {
        let bytes = wat::parse_str(format!("(component (type {ty}))")).expect("text");
        wasmtime::component::Component::new(&wasmtime::Engine::default(), &bytes)
            .expect_err("not turned on");
    }
}

#[test]
fn a_flow_needs_stages_and_a_name() {
    assert_eq!(refused(&[]).0, "flow `run` has no steps");
    let (text, _, place) = refused_flow(&FlowSource::chain("run it", &["source/top"]));
    assert_eq!(
        (text.as_str(), place),
        ("flow `run it` has a name that no function may have", None)
    );
}

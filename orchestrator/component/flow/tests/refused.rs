//! Flows that do not fit, and what is said about them.

use super::super::{FlowSource, generate};
use crate::component::part::Part;
use crate::component::wit;
use crate::component::world::World;

fn parts() -> Vec<Part<'static>> {
    let wit = "package a:b;
        interface api { resource file; record row { tags: list<string> }
            rows: func(query: string) -> result<list<row>, string>;
            open: func(name: string) -> tuple<u8, file>; }
        interface other { rows: func(); }
        interface wrong { record row { tags: list<u32> } count: func(rows: list<row>) -> result<u32, u8>; }
        interface right { record row { tags: list<string> } count: func(rows: list<row>) -> result<u32, u8>;
            add: func(a: u32, b: u32) -> u32; nothing: func(); later: async func() -> u8;
            pour: func(bytes: list<option<stream<u8>>>); }
        world source { export api; export other; export top: func() -> u32; }
        world sink { export wrong; export right; }";
    let wit = wit::resolve(&[("w.wit".to_owned(), wit.to_owned())].into()).expect("WIT");
    ["source", "sink"]
        .map(|name| Part {
            component: name.to_owned(),
            name: name.to_owned(),
            bytes: Vec::new().into(),
            world: World::new(&wit.resolve, wit.select(name).expect("a world")),
        })
        .to_vec()
}

/// Error and help of the flow `run` with `stages`, and the stage that it is about.
fn refused(stages: &[&str]) -> (String, String, Option<usize>) {
    let stages = stages.iter().map(|stage| (*stage).to_owned()).collect();
    let error = generate(&[FlowSource { name: "run".into(), stages }], &parts()).unwrap_err();
    let help = miette::Diagnostic::help(&error).map(|help| help.to_string()).unwrap_or_default();
    (error.to_string(), help, error.stage)
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
    assert_eq!(stage, Some(1));
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
        refused(&["source/api.open"]).0,
        "stage 1 (`source/api.open`) of flow `run` has a type that a flow cannot forward: \
         result → tuple element 2 is resource `file`"
    );
    assert_eq!(
        refused(&["sink/right.pour"]).0,
        "stage 1 (`sink/right.pour`) of flow `run` has a type that a flow cannot forward: \
         parameter 1 → list element → option is `stream<u8>`"
    );
    assert_eq!(
        refused(&["sink/right.later"]).0,
        "stage 1 (`sink/right.later`) of flow `run` is an async function, which a flow cannot call"
    );
}

#[test]
fn a_flow_needs_stages_and_a_name() {
    assert_eq!(refused(&[]).0, "flow `run` has no stages");
    let flow = FlowSource { name: "run it".into(), stages: vec!["source/top".into()] };
    let error = generate(&[flow], &parts()).unwrap_err();
    assert_eq!(error.to_string(), "flow `run it` has a name that no function may have");
    assert_eq!(error.stage, None);
}

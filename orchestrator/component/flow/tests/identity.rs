//! Values of any type through a chain of real components, each of which returns what it takes.

use std::collections::BTreeMap;
use std::slice;

use proptest::prelude::*;
use wasmtime::Store;
use wasmtime::component::{Component, Linker, Val};

use super::super::plan::{Flow, Plan};
use super::super::{FlowSource, constants, encode, generate};
use super::values::{Random, every_type, types, value};
use super::{engine, function};
use crate::component::audit::audit;
use crate::component::compose::compose;
use crate::component::part::Part;
use crate::component::wiring::wire;
use crate::component::world::Type;

/// A component that exports `same`, which returns what it takes: a flow without steps.
fn identity(name: &str, ty: &Type) -> Part<'static> {
    let signature = function(slice::from_ref(ty), Some(ty.clone()));
    let flow = Flow {
        name: "same".into(),
        parameters: signature.parameters,
        steps: Vec::new(),
        result: signature.result,
        fails: false,
    };
    let plan = Plan {
        imports: Vec::new(),
        order: Vec::new(),
        flows: vec![flow],
        constants: constants::Constants::default(),
        taken: Vec::new(),
    };
    Part::new(name, encode::encode(&plan)).expect("decodes")
}

fn check(ty: &Type, seed: u64) {
    let parts = ["one", "two", "three"].map(|name| identity(name, ty));
    let several =
        FlowSource { name: "both".into(), steps: vec![vec!["one/same".into(), "two/same".into()]] };
    let chain = FlowSource::chain("run", &["one/same", "two/same", "three/same"]);
    let flow = generate(&[chain, several], &parts, &[]).expect("generates").expect("a flow");
    let wiring = wire(&parts, Some(&flow), &[]).expect("wires");
    let composed = compose(&parts, Some(&flow), &wiring, None).expect("composes").bytes;
    assert_eq!(audit(&composed, &parts).expect("passes").exports, ["both", "run"]);
    let engine = engine();
    let component = Component::new(&engine, &composed).expect("compiles");
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate(&mut store, &component).expect("starts");
    let functions: BTreeMap<&str, _> = ["run", "both"]
        .into_iter()
        .map(|name| (name, instance.get_func(&mut store, name).expect("exported")))
        .collect();
    let mut random = Random(seed | 1);
    for _ in 0..3 {
        let value = value(ty, &mut random);
        let mut call = |name: &str| {
            let mut results = [Val::Bool(false)];
            functions[name].call(&mut store, slice::from_ref(&value), &mut results).expect("runs");
            results.into_iter().next().expect("one")
        };
        assert_eq!(call("run"), value);
        assert_eq!(call("both"), Val::Tuple(vec![value.clone(), value.clone()]));
    }
}

/// The last ten or so, which have all the others inside them.
#[test]
fn nested_types_go_through_a_chain_of_components_unchanged() {
    let all = every_type();
    for (seed, ty) in (0..).zip(&all[all.len() - 12..]) {
        // A stage that returns a `result` fails by it.
        check(&Type::Tuple(vec![ty.clone()]), seed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_type_goes_through_a_chain_of_components_unchanged(ty in types(), seed in any::<u64>()) {
        check(&Type::Option(Box::new(ty)), seed);
    }
}

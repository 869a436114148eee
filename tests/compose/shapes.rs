//! A resource in compositions of many shapes: each engine follows it, whatever the parts are called,
//! which decides the order in which they are looked at.

use std::fmt::Write as _;

use poly::component::Part;
use poly::component::adapt::adapt;
use poly::component::compose::{Engine, compose};
use poly::component::wiring::wire;
use poly::component::wit::{self, Wit};
use proptest::prelude::*;
use wit_parser::{LiftLowerAbi, ManglingAndAbi};

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// The owner of a resource, up to four parts that hand it on and take it from parts before them,
    /// as `takes` says, and a root that uses those that nobody else does.
    #[test]
    fn a_resource_goes_through_any_shape(
        takes in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 4), 1..5),
        names in Just(["a", "b", "c", "d", "e", "f"]).prop_shuffle(),
    ) {
        let wit = shape(&takes);
        let world = |index: usize| match index {
            0 => "root".to_owned(),
            1 => "owner".to_owned(),
            middle => format!("middle-{}", middle - 2),
        };
        let parts: Vec<_> =
            (0..takes.len() + 2).map(|index| part(names[index], &wit, &world(index))).collect();
        let wiring = wire(&parts, None, &[]).expect("wires");
        for engine in [Engine::WasmCompose, Engine::WacGraph] {
            let composed = compose(&parts, None, &wiring, Some(engine)).expect("composes");
            wasmparser::Validator::new().validate_all(&composed.bytes).expect("valid");
        }
    }
}

/// The worlds of all parts.
fn shape(takes: &[Vec<bool>]) -> Wit {
    let mut text = "package demo:case;\n\
        interface store { resource token { constructor(value: u32); value: func() -> u32; } }\n\
        world owner { export store; }\n"
        .to_owned();
    let mut roots: Vec<usize> = (0..takes.len()).collect();
    for (index, takes) in takes.iter().enumerate() {
        let _ = write!(text, "world middle-{index} {{ import store; export hand-{index}; ");
        for taken in (0..index).filter(|taken| takes[*taken]) {
            let _ = write!(text, "import hand-{taken}; ");
            roots.retain(|root| *root != taken);
        }
        let _ = writeln!(
            text,
            "}}\ninterface hand-{index} {{ use store.{{token}};
            make: func() -> token; read: func(token: borrow<token>) -> u32; }}"
        );
    }
    text += "world root { import store; export run: func() -> u32; ";
    for root in roots {
        let _ = write!(text, "import hand-{root}; ");
    }
    wit::resolve(&[("world.wit".to_owned(), text + "}\n")].into()).expect("WIT")
}

/// A component of a world, whose functions trap.
fn part(name: &str, wit: &Wit, world: &str) -> Part<'static> {
    let abi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
    let module =
        wit_component::dummy_module(&wit.resolve, wit.select(world).expect("a world"), abi);
    let component = adapt(&module, Some((wit, world))).expect("adapts").into_owned();
    Part::new(name, component).expect("decodes")
}

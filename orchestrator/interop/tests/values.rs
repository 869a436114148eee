//! Values of any type.

use proptest::prelude::*;
use wasm_wave::value::{Type, Value};
use wasm_wave::wasm::WasmValue as _;

use crate::interop::edge::edges;
use crate::interop::generate::Generator;
use crate::interop::shape::{plain, text};
use crate::interop::smaller::smaller;

fn any_type() -> impl Strategy<Value = Type> {
    let scalars = [
        Type::BOOL,
        Type::S8,
        Type::U8,
        Type::S16,
        Type::U16,
        Type::S32,
        Type::U32,
        Type::S64,
        Type::U64,
        Type::F32,
        Type::F64,
        Type::CHAR,
        Type::STRING,
        Type::flags(["read", "write", "b2", "b3", "b4", "b5", "b6", "b7", "b8"]).unwrap(),
        // Cases whose names are words of WAVE's own.
        Type::enum_ty(["some", "none", "true", "nan", "plain"]).unwrap(),
    ];
    let leaf = proptest::sample::select(scalars.to_vec());
    leaf.prop_recursive(3, 12, 3, |inner| {
        let several = || proptest::collection::vec(inner.clone(), 1..4);
        let perhaps = || proptest::option::of(inner.clone());
        let named =
            |types: Vec<Type>| types.into_iter().zip(["a", "b-c", "none"]).map(|(of, n)| (n, of));
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::option),
            several().prop_map(|types| Type::tuple(types).unwrap()),
            several().prop_map(move |types| Type::record(named(types)).unwrap()),
            (perhaps(), perhaps()).prop_map(|(ok, err)| Type::result(ok, err)),
            proptest::collection::vec(perhaps(), 1..4).prop_map(|payloads| {
                Type::variant(["ok", "inf", "other"].into_iter().zip(payloads)).unwrap()
            }),
        ]
    })
}

/// That a value is one of the type, and that its text says all of it.
fn assert_fits(of: &Type, value: &Value) {
    let written = text(value);
    let read: Value = wasm_wave::from_str(of, &written)
        .unwrap_or_else(|error| panic!("{written:.300} is no {of}: {error}"));
    assert_eq!(text(&read), written);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn values_are_of_their_types_and_the_same_for_the_same_seed(of in any_type(), seed: u64) {
        let (mut one, mut other) = (Generator::new(seed), Generator::new(seed));
        for _ in 0..40 {
            let value = one.value(&of);
            assert_fits(&of, &value);
            prop_assert_eq!(text(&value), text(&other.value(&of)));
        }
        let edges = edges(&of);
        prop_assert_eq!(text(&edges[0]), text(&plain(&of)));
        for value in edges.iter().filter(|value| text(value).len() < 10_000) {
            assert_fits(&of, value);
        }
    }

    #[test]
    fn what_is_made_simpler_again_and_again_is_plain_in_the_end(of in any_type(), seed: u64) {
        let mut value = Generator::new(seed).value(&of);
        // Neither by the boldest steps alone nor by the smallest.
        for round in 0..5_000 {
            let is_itself = |other: &Value| text(other) == text(&value);
            prop_assert!(!smaller(&of, &value).take(30).any(|other| is_itself(&other)));
            let few = smaller(&of, &value).take(round * 7 % 30 + 1);
            let Some(simpler) = few.last() else { break };
            assert_fits(&of, &simpler);
            value = simpler;
        }
        prop_assert_eq!(text(&value), text(&plain(&of)));
    }
}

#[test]
fn another_seed_is_other_values() {
    let values = |seed| {
        let mut generator = Generator::new(seed);
        (0..20).map(|_| text(&generator.value(&Type::U64))).collect::<Vec<_>>()
    };
    assert_ne!(values(1), values(2));
}

#[test]
fn most_random_values_are_small_and_texts_are_not_always_ascii() {
    let mut generator = Generator::new(7);
    let of = Type::list(Type::STRING);
    let lengths: Vec<usize> =
        (0..400).map(|_| generator.value(&of).unwrap_list().count()).collect();
    assert!(lengths.iter().filter(|length| **length <= 3).count() > 200);
    assert!(lengths.iter().any(|length| *length > 50));
    let bytes = Type::list(Type::U8);
    let is_text = |value: Value| {
        String::from_utf8(value.unwrap_list().map(|it| it.unwrap_u8()).collect()).is_ok()
    };
    let texts = (0..400).filter(|_| is_text(generator.value(&bytes))).count();
    assert!((150..380).contains(&texts), "{texts} of 400 are UTF-8");
}

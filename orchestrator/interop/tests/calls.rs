//! Which calls are made.

use wasm_wave::value::Type;

use super::{Instance, function, searched, settings};
use crate::check::Nan;
use crate::interop::edge::edges;
use crate::interop::sequence::Sequences;
use crate::interop::shape::text;
use crate::interop::{Answer, Function, Invocation};

#[test]
fn each_function_is_called_as_often_as_was_asked_for_with_edges_first() {
    let functions = [
        function("f", &[Type::BOOL], None),
        function("g", &[], None),
        function("h", &[Type::U8], None),
    ];
    let sequences: Vec<_> = Sequences::new(&functions, &settings(25, 4)).collect();
    assert!(sequences.iter().all(|sequence| sequence.len() <= 4));
    let all: Vec<String> = sequences.iter().flatten().map(|call| call.text(&functions)).collect();
    assert_eq!(all.len(), 75);
    for name in ["f(", "g(", "h("] {
        assert_eq!(all.iter().filter(|call| call.starts_with(name)).count(), 25);
    }
    let of_h: Vec<_> = all.iter().filter(|call| call.starts_with("h(")).collect();
    assert_eq!(of_h[..4], ["h(0)", "h(1)", "h(127)", "h(128)"]);
}

#[test]
fn what_a_function_is_called_with_stays_when_others_come() {
    let of_f = |functions: &[Function]| -> Vec<String> {
        let all = Sequences::new(functions, &settings(200, 5)).flatten();
        let texts = all.map(|call| call.text(functions));
        texts.filter(|call| call.starts_with("f(")).collect()
    };
    let f = function("f", &[Type::STRING], None);
    let g = function("g", &[Type::U64, Type::U64], None);
    assert_eq!(of_f(std::slice::from_ref(&f)), of_f(&[g, f]));
}

#[test]
fn calls_are_made_as_they_are_asked_for_and_edge_cases_beyond_them_are_counted() {
    let functions = [function("f", &[Type::U8], None), function("g", &[], None)];
    // All of these at once would not fit into any memory.
    let mut many = Sequences::new(&functions, &settings(usize::MAX / 4, 3));
    assert_eq!(many.next().unwrap().len(), 3);
    assert_eq!(many.edges_left_out, [0, 0]);
    let all = edges(&Type::U8).len();
    assert_eq!(Sequences::new(&functions, &settings(4, 3)).edges_left_out, [all - 4, 0]);
    let same = || Box::new(|_: &Invocation| Answer::Returned(None)) as Instance;
    let found = searched(&functions, &settings(4, 3), &[&same, &same]);
    assert_eq!(found.edges_left_out, [all - 4, 0]);
}

#[test]
fn every_kind_of_nan_comes_however_few_values_have_one() {
    for of in [Type::F32, Type::list(Type::F64), Type::tuple([Type::F32, Type::U8]).unwrap()] {
        let functions = [function("f", std::slice::from_ref(&of), None)];
        let calls: Vec<_> = Sequences::new(&functions, &settings(600, 7)).flatten().collect();
        let mut texts = std::collections::BTreeMap::<_, std::collections::BTreeSet<_>>::new();
        for call in &calls {
            if let Some(nan) = call.odd_nan() {
                assert!(text(&call.arguments[0]).contains("nan"));
                texts.entry(nan.to_string()).or_default().insert(call.text(&functions));
            }
        }
        assert_eq!(texts.len(), Nan::OTHERS.len(), "{of}: {texts:?}");
    }
}

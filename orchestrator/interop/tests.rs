//! Values of any type, and searches among implementations that are closures.

use proptest::prelude::*;
use wasm_wave::value::{Type, Value};
use wasm_wave::wasm::WasmValue as _;

use super::edge::edges;
use super::generate::Generator;
use super::sequence::Sequences;
use super::shape::{plain, text};
use super::smaller::smaller;
use super::*;
use crate::manifest::Limit;

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

/// An implementation that was started.
type Instance = Box<dyn FnMut(&Invocation) -> Answer>;

fn settings(calls: usize, sequence: usize) -> Settings {
    Settings { seed: 1, calls, sequence, approx: None, echo: false }
}

fn function(name: &str, parameters: &[Type], result: Option<Type>) -> Function {
    Function { name: name.to_owned(), parameters: parameters.to_vec(), result }
}

/// Searches among closures: each is made anew for a sequence, and called for each call of it.
fn searched<'a, F>(
    functions: &[Function],
    settings: &Settings,
    makers: &[&'a dyn Fn() -> F],
) -> Found
where
    F: FnMut(&Invocation) -> Answer + 'a,
{
    let mut run = |sequence: &[Invocation]| -> Result<Vec<Answers>, std::convert::Infallible> {
        let answers = makers.iter().map(|make| {
            let mut instance = make();
            let mut answers = Vec::new();
            for call in sequence {
                answers.push(instance(call));
                if !answers[answers.len() - 1].is_return() {
                    break;
                }
            }
            answers
        });
        Ok(answers.collect())
    };
    search(functions, settings, &mut run).unwrap()
}

fn returned(value: Value) -> Answer {
    Answer::Returned(Some(value))
}

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
fn a_planted_border_is_found_and_shrunk_to_the_first_value_beyond_it() {
    let functions = [function("double", &[Type::U32], Some(Type::U64))];
    let right = || {
        |call: &Invocation| {
            let number = call.arguments[0].unwrap_u32();
            returned(Value::make_u64(u64::from(number) * 2))
        }
    };
    let wrong = || {
        |call: &Invocation| {
            let number = call.arguments[0].unwrap_u32();
            returned(Value::make_u64(u64::from(number) * 2 + u64::from(number > 1000)))
        }
    };
    let (right, wrong) =
        (move || Box::new(right()) as Instance, move || Box::new(wrong()) as Instance);
    let found = searched(&functions, &settings(60, 8), &[&right, &wrong, &right]);
    let [difference] = &found.differences[..] else { panic!("{:?}", found.differences) };
    assert_eq!(difference.texts(&functions), ["double(1001)"]);
    assert_eq!(difference.groups, [0, 1, 0]);
    assert!(difference.times > 5, "{}", difference.times);
    assert_eq!(found.compared, 60);
    let same = searched(&functions, &settings(60, 8), &[&right, &right]);
    assert!(same.differences.is_empty());
}

/// A stack that loses the fourth of what it holds.
#[test]
fn a_difference_in_state_is_shrunk_to_the_calls_that_it_takes() {
    let functions = [
        function("push", &[Type::STRING], None),
        function("pop", &[], Some(Type::option(Type::STRING))),
        function("size", &[], Some(Type::U32)),
    ];
    let stack = |most: usize| {
        move || {
            let mut held: Vec<Value> = Vec::new();
            Box::new(move |call: &Invocation| match call.function {
                0 => {
                    if held.len() < most {
                        held.push(call.arguments[0].clone());
                    }
                    Answer::Returned(None)
                }
                1 => returned(Value::make_option(&Type::option(Type::STRING), held.pop()).unwrap()),
                _ => returned(Value::make_u32(u32::try_from(held.len()).unwrap())),
            }) as Instance
        }
    };
    let (whole, small) = (stack(usize::MAX), stack(3));
    let found = searched(&functions, &settings(200, 30), &[&whole, &small]);
    let mut shrunk: Vec<_> =
        found.differences.iter().map(|difference| difference.texts(&functions)).collect();
    // One of those above the bottom differs from the one below it, whichever that is.
    for calls in &mut shrunk {
        calls.sort();
    }
    shrunk.sort();
    assert_eq!(
        shrunk,
        [
            vec!["pop()", "push(\"\")", "push(\"\")", "push(\"\")", "push(\"a\")"],
            vec!["push(\"\")", "push(\"\")", "push(\"\")", "push(\"\")", "size()"],
        ]
    );
    // On instances of their own, no call of these differs.
    let alone = searched(&functions, &settings(100, 1), &[&whole, &small]);
    assert!(alone.differences.is_empty());
}

#[test]
fn traps_differ_from_values_and_each_way_to_differ_is_told_once() {
    let functions = [function("f", &[Type::STRING], Some(Type::BOOL))];
    let trap = |message: &str| Answer::Trapped(message.to_owned());
    let implementation = |which: usize| {
        move || {
            Box::new(move |call: &Invocation| {
                let text = call.arguments[0].unwrap_string().into_owned();
                match which {
                    _ if text == "\0" => trap(&format!("each says it in its own words: {which}")),
                    0 if text.contains('ß') => trap("unreachable"),
                    1 if text.contains('ŉ') => returned(Value::make_bool(true)),
                    _ => returned(Value::make_bool(false)),
                }
            }) as Instance
        }
    };
    let (zero, one, two) = (implementation(0), implementation(1), implementation(2));
    let found = searched(&functions, &settings(150, 10), &[&zero, &one, &two]);
    let shrunk: Vec<_> = found
        .differences
        .iter()
        .map(|difference| (difference.texts(&functions).join(" "), difference.groups.clone()))
        .collect();
    assert!(shrunk.contains(&("f(\"ß\")".to_owned(), vec![0, 1, 1])), "{shrunk:?}");
    assert!(shrunk.contains(&("f(\"ŉ\")".to_owned(), vec![0, 1, 0])), "{shrunk:?}");
    let mut ways: Vec<_> = shrunk.iter().map(|(_, groups)| groups).collect();
    ways.sort();
    ways.dedup();
    assert_eq!(ways.len(), shrunk.len());
}

#[test]
fn an_echo_is_compared_with_its_argument() {
    let functions = [function("echo", &[Type::F32], Some(Type::F32))];
    let loses_the_sign = || {
        Box::new(|call: &Invocation| {
            returned(Value::make_f32(call.arguments[0].unwrap_f32() + 0.0))
        }) as Instance
    };
    let settings = Settings { echo: true, ..settings(40, 3) };
    let found = searched(&functions, &settings, &[&loses_the_sign]);
    let [difference] = &found.differences[..] else { panic!("{:?}", found.differences) };
    assert_eq!(difference.texts(&functions), ["echo(-0)"]);
    assert_eq!(difference.groups, [0, 1]);
    // As floats that are near, they are the same.
    let near = Settings { approx: Some(1e-9), ..settings };
    assert!(searched(&functions, &near, &[&loses_the_sign]).differences.is_empty());
}

#[test]
fn trying_ends_and_the_sooner_the_longer_each_try_takes() {
    let functions = [function("f", &[Type::list(Type::STRING)], None)];
    let runs = std::cell::Cell::new(0_usize);
    let search_with = |answer: &dyn Fn(usize) -> Answer| {
        runs.set(0);
        let mut run = |sequence: &[Invocation]| -> Result<Vec<Answers>, std::convert::Infallible> {
            runs.set(runs.get() + 1);
            // The sum of all characters is what differs by chance: shrinking never ends by itself.
            let size: usize = sequence.iter().map(|call| text(&call.arguments[0]).len()).sum();
            let call = sequence.len();
            let same = vec![Answer::Returned(None); call];
            let mut other = vec![Answer::Returned(None); call - 1];
            other.push(if size > 50 { answer(size) } else { Answer::Returned(None) });
            Ok(vec![same, other])
        };
        search(&functions, &settings(30, 1), &mut run).unwrap().differences.len()
    };
    assert!(search_with(&|_| Answer::Trapped(String::new())) > 0);
    assert!(runs.get() < 900, "{}", runs.get());
    assert!(search_with(&|_| Answer::Exceeded(Limit::Timeout)) > 0);
    assert!(runs.get() < 300, "{}", runs.get());
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
fn what_goes_over_a_limit_everywhere_again_and_again_is_called_no_more() {
    let functions = [function("slow", &[], None), function("fast", &[], None)];
    let calls = std::cell::Cell::new([0; 2]);
    let implementation = || {
        Box::new(|call: &Invocation| {
            let mut made = calls.get();
            made[call.function] += 1;
            calls.set(made);
            match call.function {
                0 => Answer::Exceeded(Limit::Fuel),
                _ => Answer::Returned(None),
            }
        }) as Box<dyn FnMut(&Invocation) -> Answer + '_>
    };
    let found = searched(&functions, &settings(100, 10), &[&implementation, &implementation]);
    assert!(found.differences.is_empty());
    assert_eq!(calls.get(), [10, 200], "each implementation is called");
    assert_eq!(found.stopped, [Stopped { function: 0, limit: Limit::Fuel, times: 5, calls: 95 }]);
    assert_eq!(found.compared, 105);
}

#[test]
fn a_timeout_that_comes_once_is_no_difference_and_one_that_stays_is() {
    let functions = [function("f", &[Type::U8], None)];
    let timeouts_of = |times: usize| {
        let left = std::cell::Cell::new(times);
        let sound = || {
            Box::new(|_: &Invocation| Answer::Returned(None))
                as Box<dyn FnMut(&Invocation) -> Answer + '_>
        };
        let busy = || {
            Box::new(|call: &Invocation| {
                if call.arguments[0].unwrap_u8() == 127 && left.get() > 0 {
                    left.set(left.get() - 1);
                    return Answer::Exceeded(Limit::Timeout);
                }
                Answer::Returned(None)
            }) as Box<dyn FnMut(&Invocation) -> Answer + '_>
        };
        searched(&functions, &settings(20, 5), &[&sound, &busy]).differences.len()
    };
    assert_eq!(timeouts_of(1), 0);
    assert_eq!(timeouts_of(usize::MAX), 1);
}

//! Differences that were planted, and what is told of them.

use wasm_wave::value::{Type, Value};
use wasm_wave::wasm::WasmValue as _;

use super::{Instance, function, returned, searched, settings};
use crate::check::Nan;
use crate::interop::{Answer, Invocation, Settings};

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

/// NaNs as implementations see them: the bits that they are handed.
#[test]
fn a_nan_that_is_told_from_the_canonical_one_is_a_difference_of_its_own() {
    let functions = [function("f", &[Type::option(Type::F64)], Some(Type::BOOL))];
    let tells = |which: fn(Nan) -> bool| {
        move || {
            Box::new(move |call: &Invocation| {
                let number = call.arguments[0].unwrap_option().map(|it| it.unwrap_f64());
                let is_nan = number.is_some_and(f64::is_nan);
                returned(Value::make_bool(is_nan && which(call.nan)))
            }) as Instance
        }
    };
    let found = |which| {
        let found = searched(&functions, &settings(60, 5), &[&tells(|_| false), &tells(which)]);
        let told = found.differences.iter();
        told.map(|it| (it.texts(&functions).join(", then "), it.nan())).collect::<Vec<_>>()
    };
    let nan = || "f(some(nan))".to_owned();
    assert_eq!(found(|nan| nan == Nan::Signalling), [(nan(), Some(Nan::Signalling))]);
    // Where the canonical one does it, that is all there is to tell.
    assert_eq!(found(|_| true), [(nan(), None)]);
    assert_eq!(found(|nan| nan == Nan::Canonical), [(nan(), None)]);
}

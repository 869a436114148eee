//! What takes long: it is given up, and told.

use std::time::Duration;

use wasm_wave::value::Type;
use wasm_wave::wasm::WasmValue as _;

use super::{function, returned, searched, settings};
use crate::interop::shape::text;
use crate::interop::{Answer, Answers, Invocation, Settings, Stopped, search};
use crate::manifest::Limit;

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
    let stopped = Stopped { function: 0, limit: Limit::Fuel, by_all: true, times: 5, calls: 95 };
    assert_eq!(found.stopped, [stopped]);
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

/// One implementation hangs, so that each call of it lasts as long as a call may.
#[test]
fn what_hangs_in_some_is_told_small_and_called_no_more() {
    let functions = [function("f", &[Type::U8], Some(Type::U8)), function("g", &[], None)];
    let timeouts = std::cell::Cell::new(0_usize);
    let searched = |timeout: Duration| {
        timeouts.set(0);
        let implementation = |hangs: bool| {
            let timeouts = &timeouts;
            move || {
                Box::new(move |call: &Invocation| {
                    let [number] = &call.arguments[..] else { return Answer::Returned(None) };
                    if hangs && number.unwrap_u8() >= 100 {
                        timeouts.set(timeouts.get() + 1);
                        return Answer::Exceeded(Limit::Timeout);
                    }
                    returned(number.clone())
                }) as Box<dyn FnMut(&Invocation) -> Answer + '_>
            }
        };
        let (sound, hanging) = (implementation(false), implementation(true));
        let settings = Settings { timeout, ..settings(200, 10) };
        searched(&functions, &settings, &[&sound, &hanging])
    };
    let found = searched(Duration::from_secs(10));
    let [difference] = &found.differences[..] else { panic!("{:?}", found.differences) };
    assert_eq!(difference.texts(&functions), ["f(100)"]);
    let [Stopped { function: 0, limit: Limit::Timeout, by_all: false, times: 5, calls }] =
        found.stopped[..]
    else {
        panic!("{:?}", found.stopped)
    };
    assert!(calls > 100 && found.compared == 400 - calls, "{found:?}");
    // Two for the first, one for each that follows, a minute of trying, and the last look.
    assert!(timeouts.get() <= 2 + 4 + 6 + 1, "{}", timeouts.get());
    // Where each takes an hour, nothing is tried that need not be.
    searched(Duration::from_hours(1));
    assert!(timeouts.get() <= 2 + 4 + 1 + 1, "{}", timeouts.get());
}

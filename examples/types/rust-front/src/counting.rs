//! Python's counters in use: made, lent and given away.

use crate::exports::poly::types::counting::{Census, Guest};
use crate::poly::types::counting;
use crate::poly::types::python_counters::{self, Counter};
use crate::Component;

impl Guest for Component {
    fn count(start: i32, by: Vec<i32>) -> Vec<Vec<(i32, i32, i32)>> {
        let counter = Counter::new(start);
        let step =
            |by: &i32| (counter.increment(*by), counter.value(), python_counters::peek(&counter));
        before(by.iter().map(step).collect(), counting::count(start, &by))
    }

    fn parse(text: String) -> Vec<Result<i32, String>> {
        before(Counter::parse(&text).map(|counter| counter.value()), counting::parse(&text))
    }

    fn sum(one: i32, other: i32) -> Vec<(i32, i32, i32)> {
        let (first, second) = (Counter::new(one), Counter::new(other));
        let both = Counter::sum(&first, &second);
        both.increment(1);
        before((first.value(), second.value(), both.value()), counting::sum(one, other))
    }

    fn halve(start: i32) -> Vec<(i32, i32)> {
        let (one, other) = python_counters::halve(Counter::new(start));
        let halves = (python_counters::finish(one), python_counters::finish(other));
        before(halves, counting::halve(start))
    }

    fn merge(starts: Vec<i32>) -> Vec<Option<i32>> {
        let merged = python_counters::merge(starts.iter().copied().map(Counter::new).collect());
        before(merged.map(python_counters::finish), counting::merge(&starts))
    }

    fn churn(times: u32) -> Vec<(Census, Census)> {
        for _ in 0..times {
            let first = Counter::new(1);
            let second = Counter::sum(&first, &first);
            python_counters::finish(first);
            second.increment(1);
            python_counters::finish(second);
        }
        let two = [Counter::new(1), Counter::new(2)];
        let with_two = python_counters::alive();
        for counter in two {
            python_counters::finish(counter);
        }
        before((with_two, python_counters::alive()), counting::churn(times))
    }
}

/// The own answer before those of the next component.
fn before<T>(own: T, mut next: Vec<T>) -> Vec<T> {
    next.insert(0, own);
    next
}

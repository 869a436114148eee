//! The counters at the end of the chain.

use std::cell::Cell;

use crate::bindings::exports::poly::types::rust_counters::{
    Counter, CounterBorrow, Guest, GuestCounter,
};
use crate::Component;

thread_local! {
    /// How many counters there are.
    static ALIVE: Cell<u32> = const { Cell::new(0) };
}

/// What a handle stands for.
pub struct Count(Cell<i32>);

impl Count {
    fn at(start: i32) -> Self {
        ALIVE.set(ALIVE.get() + 1);
        Self(Cell::new(start))
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        ALIVE.set(ALIVE.get() - 1);
    }
}

impl GuestCounter for Count {
    fn new(start: i32) -> Self {
        Self::at(start)
    }

    fn increment(&self, by: i32) -> i32 {
        self.0.set(self.0.get().wrapping_add(by));
        self.0.get()
    }

    fn value(&self) -> i32 {
        self.0.get()
    }

    fn parse(text: String) -> Result<Counter, String> {
        match text.parse() {
            Ok(start) => Ok(Counter::new(Self::at(start))),
            Err(_) => Err(format!("`{text}` is not a number")),
        }
    }

    fn sum(one: CounterBorrow<'_>, other: CounterBorrow<'_>) -> Counter {
        let both = one.get::<Self>().value().wrapping_add(other.get::<Self>().value());
        Counter::new(Self::at(both))
    }
}

impl Guest for Component {
    type Counter = Count;

    fn peek(of: CounterBorrow<'_>) -> i32 {
        of.get::<Count>().value()
    }

    fn finish(of: Counter) -> i32 {
        of.into_inner::<Count>().value()
    }

    fn halve(of: Counter) -> (Counter, Counter) {
        let whole = of.into_inner::<Count>().value();
        let half = whole / 2;
        (Counter::new(Count::at(half)), Counter::new(Count::at(whole - half)))
    }

    fn merge(all: Vec<Counter>) -> Option<Counter> {
        let values = all.into_iter().map(|counter| counter.into_inner::<Count>().value());
        values.reduce(i32::wrapping_add).map(|sum| Counter::new(Count::at(sum)))
    }

    fn alive() -> Vec<(String, u32)> {
        vec![("rust".into(), ALIVE.get())]
    }
}

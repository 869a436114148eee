//! A calculator that is both of its versions at once. They share one history: what the one has calculated, the other
//! remembers too.

/// Made from the world `both` by cargo-component at build time.
#[allow(warnings)]
mod bindings;

use std::cell::RefCell;
use std::collections::VecDeque;

use bindings::exports::demo::calculator1_0_0::calculator as first;
use bindings::exports::demo::calculator2_0_0::calculator as second;
use second::{CalcResult, Calculation, Operation};

/// How many results are remembered.
const REMEMBERED: usize = 1_000;

thread_local! {
    static HISTORY: RefCell<VecDeque<CalcResult>> = const { RefCell::new(VecDeque::new()) };
}

fn calculate(Calculation { op, left, right }: Calculation) -> CalcResult {
    let (value, error) = match evaluate(op, left, right) {
        Ok(value) => (value, None),
        Err(error) => (f64::NAN, Some(error.to_owned())),
    };
    let result = CalcResult { value, op, left, right, error };
    HISTORY.with_borrow_mut(|history| {
        if history.len() == REMEMBERED {
            history.pop_front();
        }
        history.push_back(result.clone());
    });
    result
}

fn evaluate(op: Operation, left: f64, right: f64) -> Result<f64, &'static str> {
    Ok(match op {
        Operation::Add => left + right,
        Operation::Subtract => left - right,
        Operation::Multiply => left * right,
        Operation::Divide | Operation::Modulo if right == 0.0 => return Err("division by zero"),
        Operation::Divide => left / right,
        Operation::Modulo => left % right,
        Operation::Power => left.powf(right),
    })
}

struct Calculator;

impl second::Guest for Calculator {
    fn calculate(op: Operation, left: f64, right: f64) -> CalcResult {
        calculate(Calculation { op, left, right })
    }

    fn batch(calculations: Vec<Calculation>) -> Vec<CalcResult> {
        calculations.into_iter().map(calculate).collect()
    }

    fn history() -> Vec<CalcResult> {
        HISTORY.with_borrow(|history| history.iter().cloned().collect())
    }

    fn clear() {
        HISTORY.with_borrow_mut(VecDeque::clear);
    }
}

/// The first version, by means of the second.
impl first::Guest for Calculator {
    fn calculate(op: first::Operation, left: f64, right: f64) -> first::CalcResult {
        let result = calculate(Calculation { op: newer(op), left, right });
        first::CalcResult { value: result.value, op, error: result.error }
    }

    fn batch(calculations: Vec<first::Calculation>) -> Vec<first::CalcResult> {
        let each = |it: first::Calculation| <Self as first::Guest>::calculate(it.op, it.left, it.right);
        calculations.into_iter().map(each).collect()
    }

    /// Without what this version has no words for.
    fn history() -> Vec<first::CalcResult> {
        let older = |result: &CalcResult| {
            let op = older(result.op)?;
            Some(first::CalcResult { value: result.value, op, error: result.error.clone() })
        };
        HISTORY.with_borrow(|history| history.iter().filter_map(older).collect())
    }
}

fn newer(op: first::Operation) -> Operation {
    match op {
        first::Operation::Add => Operation::Add,
        first::Operation::Subtract => Operation::Subtract,
        first::Operation::Multiply => Operation::Multiply,
        first::Operation::Divide => Operation::Divide,
    }
}

fn older(op: Operation) -> Option<first::Operation> {
    match op {
        Operation::Add => Some(first::Operation::Add),
        Operation::Subtract => Some(first::Operation::Subtract),
        Operation::Multiply => Some(first::Operation::Multiply),
        Operation::Divide => Some(first::Operation::Divide),
        Operation::Power | Operation::Modulo => None,
    }
}

bindings::export!(Calculator with_types_in bindings);

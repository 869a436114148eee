//! Values of any type, and searches among implementations that are closures.

mod calls;
mod limits;
mod searches;
mod values;

use std::time::Duration;

use wasm_wave::value::{Type, Value};

use super::*;

/// An implementation that was started.
type Instance = Box<dyn FnMut(&Invocation) -> Answer>;

fn settings(calls: usize, sequence: usize) -> Settings {
    let timeout = Duration::from_secs(10);
    Settings { seed: 1, calls, sequence, approx: None, echo: false, timeout }
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

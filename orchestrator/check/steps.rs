//! The calls of a check, read and held against each other before any is made.

use miette::Diagnostic;
use thiserror::Error;

use super::{Call, CallSyntaxError, Expectation};
use crate::manifest::Check;
use crate::nearest::suggestion;

/// One call of a check, and what is expected of it.
#[derive(Debug, Clone)]
pub struct Step {
    /// The call.
    pub call: Call,
    /// The name that later calls know its value by.
    pub name: Option<String>,
    /// What is expected of it.
    pub expectation: Expectation,
}

/// A step that cannot be made, and why.
#[derive(Debug)]
pub struct StepError {
    /// Which step it is, from 0.
    pub index: usize,
    /// Why not.
    pub fault: StepFault,
}

/// Why a step cannot be made.
#[derive(Debug, Error, Diagnostic)]
pub enum StepFault {
    /// Its call cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Syntax(#[from] CallSyntaxError),
    /// It refers to a value that no step before it has named.
    #[error("no step before this one calls its value `{name}`")]
    #[diagnostic(help("{advice}"))]
    Unnamed {
        /// The name.
        name: String,
        /// What it may have meant.
        advice: String,
    },
}

impl Step {
    /// The steps of a check; a check of one call is one step.
    pub fn of(check: &Check) -> Result<Vec<Self>, StepError> {
        let mut steps: Vec<Self> = Vec::new();
        for (index, step) in check.calls().iter().enumerate() {
            let at = |fault| StepError { index, fault };
            let call = Call::parse(step.call.get_ref()).map_err(|error| at(error.into()))?;
            let known: Vec<_> = steps.iter().filter_map(|step| step.name.as_deref()).collect();
            for reference in call.references() {
                if !known.contains(&reference.name.as_str()) {
                    let name = reference.name.clone();
                    let advice = if known.is_empty() {
                        format!("name the value of an earlier step: `as = \"{name}\"`")
                    } else {
                        suggestion(&name, known, "the values that have a name are")
                    };
                    return Err(at(StepFault::Unnamed { name, advice }));
                }
            }
            let name = step.name.as_ref().map(|name| name.get_ref().clone());
            steps.push(Self { call, name, expectation: Expectation::from(step) });
        }
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Result<Vec<Step>, StepError> {
        Step::of(&toml::from_str(text).unwrap())
    }

    #[test]
    fn one_call_is_one_step() {
        let steps = steps("call = 'run(1)'\nreturns = '2'").unwrap();
        assert_eq!(steps.len(), 1);
        assert_eq!(steps[0].call.name(), "run");
        assert_eq!(steps[0].expectation.returns.as_deref(), Some("2"));
    }

    #[test]
    fn a_value_is_named_before_it_is_used() {
        let well = "steps = [{ call = 'counter(1)', as = 'c' }, { call = 'next($c)' }]";
        assert_eq!(steps(well).unwrap()[0].name.as_deref(), Some("c"));
        let said = |text: &str| {
            let error = steps(text).unwrap_err();
            (error.index, format!("{}; {}", error.fault, error.fault.help().unwrap()))
        };
        assert_eq!(
            said("steps = [{ call = 'f($c)', as = 'c' }]"),
            (
                0,
                "no step before this one calls its value `c`; name the value of an earlier step: \
                 `as = \"c\"`"
                    .into()
            )
        );
        let (index, near) =
            said("steps = [{ call = 'f()', as = 'counter' }, { call = 'g($conter)' }]");
        assert_eq!(index, 1);
        assert!(near.ends_with("did you mean `counter`?"), "{near}");
        assert_eq!(said("call = 'run'").0, 0);
    }
}

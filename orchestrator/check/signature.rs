//! The shape of a function that a component exports, as text.

use std::fmt;

use serde::Serialize;
use wasm_wave::value::Type;

/// An exported function: its name, its parameters and its result, with types in WIT's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Signature {
    /// The interface it belongs to, by full name (`demo:pipeline/data-source@0.1.0`); none
    /// for a function that the component exports itself.
    pub interface: Option<String>,
    /// The function's own name; of a resource, `counter` is its constructor, and `counter.next` a
    /// method or a static function.
    pub function: String,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
    /// The type of what it returns; none if it returns nothing.
    pub result: Option<String>,
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub of: String,
}

/// The types of a function, as those of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Types {
    /// Those of its parameters, in order.
    pub parameters: Vec<Type>,
    /// That of what it returns, if it returns anything.
    pub result: Option<Type>,
}

impl Signature {
    /// The name that a call uses: `function`, or `interface.function`.
    pub fn name(&self) -> String {
        match &self.interface {
            Some(interface) => format!("{interface}.{}", self.function),
            None => self.function.clone(),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: func(", self.name())?;
        for (index, parameter) in self.parameters.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(formatter, "{comma}{}: {}", parameter.name, parameter.of)?;
        }
        formatter.write_str(")")?;
        match &self.result {
            Some(result) => write!(formatter, " -> {result}"),
            None => Ok(()),
        }
    }
}

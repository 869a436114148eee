//! `[flow.NAME]`: what a flow calls, and how a person writes it.
//!
//! A *stage* is a call of one function: its name, or a table that says more about it. A *step*
//! is one stage, or an array of several that all take what is handed on.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::name::FunctionName;

/// `[flow.NAME]`: stages called one after the other, each taking what the one before
/// returned.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Flow {
    /// The steps, in order: a function (`component/function`, `component/interface.function`,
    /// `component/interface.resource.method`), a table with `call`, or an array of these, which
    /// all take what is handed on and hand on a tuple of what they return.
    #[schemars(schema_with = "steps_schema", length(min = 1))]
    pub steps: Vec<Spanned<Step>>,
}

/// One entry of `steps`.
#[derive(Debug, Clone)]
pub enum Step {
    /// One stage.
    One(Stage),
    /// Stages that all take what is handed on.
    Several(Vec<Spanned<Stage>>),
}

/// A call of one function, as a table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", remote = "Self")]
pub struct Stage {
    /// The function: `component/function` or `component/interface.function`.
    pub call: FunctionName,
    /// An argument for each parameter: a value in WAVE, or `_` for what is handed on.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    pub args: Option<Vec<Spanned<String>>>,
    /// The stage that is called with the error, if this one returns one; what it returns is
    /// handed on instead.
    #[serde(default)]
    #[schemars(schema_with = "stage_schema")]
    pub otherwise: Option<Box<Spanned<Stage>>>,
}

impl Flow {
    /// Every function that it calls, in order; what is called on an error comes after what
    /// returned it.
    pub fn functions(&self) -> impl Iterator<Item = &FunctionName> {
        self.steps
            .iter()
            .flat_map(|step| step.get_ref().stages())
            .flat_map(Stage::chain)
            .map(|stage| &stage.call)
    }
}

impl Step {
    /// Its stages: one, or those of an array.
    pub fn stages(&self) -> impl Iterator<Item = &Stage> {
        let (one, several) = match self {
            Self::One(stage) => (Some(stage), &[][..]),
            Self::Several(stages) => (None, &stages[..]),
        };
        one.into_iter().chain(several.iter().map(Spanned::get_ref))
    }
}

impl Stage {
    /// Itself, what is called if it fails, what is called if that fails, and so on.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |stage| {
            stage.otherwise.as_ref().map(|stage| (**stage).get_ref())
        })
    }
}

/// On one line, and so that no two that differ look the same.
impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(stage) => stage.fmt(out),
            Self::Several(stages) => {
                let stages: Vec<_> =
                    stages.iter().map(|stage| stage.get_ref().to_string()).collect();
                write!(out, "[{}]", stages.join(", "))
            }
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(out)?;
        if let Some(args) = &self.args {
            let quoted: Vec<_> = args.iter().map(|arg| format!("{:?}", arg.get_ref())).collect();
            write!(out, "({})", quoted.join(", "))?;
        }
        match &self.otherwise {
            Some(otherwise) => write!(out, " otherwise {}", (**otherwise).get_ref()),
            None => Ok(()),
        }
    }
}

impl From<FunctionName> for Stage {
    fn from(call: FunctionName) -> Self {
        Self { call, args: None, otherwise: None }
    }
}

impl<'de> Deserialize<'de> for Stage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entry;
        impl<'de> Visitor<'de> for Entry {
            type Value = Stage;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a function or a table with `call`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Stage, E> {
                text.parse::<FunctionName>().map(Stage::from).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Stage, A::Error> {
                Stage::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(Entry)
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entry;
        impl<'de> Visitor<'de> for Entry {
            type Value = Step;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a function, a table with `call`, or an array of both")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Step, E> {
                text.parse::<FunctionName>().map(|call| Step::One(call.into())).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Step, A::Error> {
                Stage::deserialize(MapAccessDeserializer::new(map)).map(Step::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Step, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(Step::Several)
            }
        }
        deserializer.deserialize_any(Entry)
    }
}

fn stage_schema(generator: &mut SchemaGenerator) -> Schema {
    let function = generator.subschema_for::<FunctionName>();
    let stage = generator.subschema_for::<Stage>();
    json_schema!({ "anyOf": [function, stage] })
}

fn steps_schema(generator: &mut SchemaGenerator) -> Schema {
    let function = generator.subschema_for::<FunctionName>();
    let stage = generator.subschema_for::<Stage>();
    let several =
        json_schema!({ "type": "array", "items": stage_schema(generator), "minItems": 2 });
    json_schema!({ "type": "array", "items": { "anyOf": [function, stage, several] } })
}

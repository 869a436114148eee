//! Keys that are off, on, or on in a way of their own.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::FileTarget;

/// Off, on, or a table that says how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Switch<T> {
    /// `false`, or not said at all.
    #[default]
    Off,
    /// `true`.
    On,
    /// A table.
    As(T),
}

/// Where an output stream goes.
#[derive(Debug, Clone, Default)]
pub enum Output {
    /// Nowhere: it is not granted.
    #[default]
    Off,
    /// It is kept, and shown.
    Captured,
    /// Straight to poly's own stream.
    Inherited,
    /// Into a file, relative to the manifest, that is emptied first.
    File(Spanned<String>),
}

/// The word that sends an output straight through.
const INHERIT: &str = "inherit";

impl<T> Switch<T> {
    /// Whether it is on, in whatever way.
    pub fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }
}

impl Output {
    /// Whether it goes anywhere.
    pub fn is_granted(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// Whether it is kept, so that it can be shown and compared.
    pub fn is_captured(&self) -> bool {
        matches!(self, Self::Captured)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Switch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = Switch<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("`true`, `false` or a table")
            }

            fn visit_bool<E: Error>(self, on: bool) -> Result<Switch<T>, E> {
                Ok(if on { Switch::On } else { Switch::Off })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Switch<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Switch::As)
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Switch<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("SwitchOr{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [{ "type": "boolean" }, table] })
    }
}

impl<'de> Deserialize<'de> for Output {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Where;

        impl<'de> Visitor<'de> for Where {
            type Value = Output;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("`true`, `false`, `\"inherit\"` or a table")
            }

            fn visit_bool<E: Error>(self, on: bool) -> Result<Output, E> {
                Ok(if on { Output::Captured } else { Output::Off })
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Output, E> {
                if word == INHERIT {
                    Ok(Output::Inherited)
                } else {
                    Err(E::invalid_value(Unexpected::Str(word), &self))
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Output, A::Error> {
                let target = FileTarget::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Output::File(target.file))
            }
        }

        deserializer.deserialize_any(Where)
    }
}

impl JsonSchema for Output {
    fn schema_name() -> Cow<'static, str> {
        "Output".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let file = generator.subschema_for::<FileTarget>();
        let word = json_schema!({
            "type": "string",
            "oneOf": [{ "const": INHERIT, "description": "Straight to poly's own stream." }],
        });
        json_schema!({ "anyOf": [{ "type": "boolean" }, word, file] })
    }
}

//! Unknown, misspelt and missing keys: the text held against the JSON schema.
//!
//! The parser stops at the first key that it does not know. The schema, made from the same
//! types, names the keys of every table and the words that some values are chosen from, so
//! that one walk over the text finds all that are wrong, and the nearest right one to each.
//! Functions are read here too: the parser says of an item only which array it stands in.

use std::fmt;
use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Fault;
use super::name::{FUNCTION_FORMAT, FunctionName};
use super::schema::json_schema;
use crate::nearest::{nearest, suggestion};

/// Every key and every word of `text` that the schema does not know, and every table that
/// lacks a key it must have. Values of a wrong type are passed over: the parser reports them.
pub(super) fn faults(text: &str) -> Vec<Fault> {
    let Ok(document) = DeTable::parse(text) else {
        return Vec::new();
    };
    let schema = json_schema();
    let mut walk = Walk { root: &schema, faults: Vec::new() };
    walk.table(document.get_ref(), 0..0, &schema, &Header::Root);
    walk.faults
}

/// How a table is written in the file: `[component.app]`, `[[check]]`.
#[derive(Clone)]
enum Header {
    Root,
    Table(String),
    Array(String),
}

impl Header {
    fn key(&self, key: &str) -> Self {
        match self {
            Self::Root => Self::Table(key.to_owned()),
            Self::Table(path) | Self::Array(path) => Self::Table(format!("{path}.{key}")),
        }
    }

    fn item(&self) -> Self {
        match self {
            Self::Root => Self::Root,
            Self::Table(path) | Self::Array(path) => Self::Array(path.clone()),
        }
    }
}

impl fmt::Display for Header {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => formatter.write_str("the manifest"),
            Self::Table(path) => write!(formatter, "`[{path}]`"),
            Self::Array(path) => write!(formatter, "`[[{path}]]`"),
        }
    }
}

struct Walk<'a> {
    root: &'a Value,
    faults: Vec<Fault>,
}

impl Walk<'_> {
    fn value(&mut self, value: &Spanned<DeValue<'_>>, schema: &Value, header: &Header) {
        let schema = resolve(self.root, schema, value.get_ref());
        match value.get_ref() {
            DeValue::Table(table) => self.table(table, value.span(), schema, header),
            DeValue::Array(items) => {
                for item in items {
                    self.value(item, &schema["items"], &header.item());
                }
            }
            DeValue::String(text) => self.word(text, value.span(), schema),
            _ => {}
        }
    }

    fn table(&mut self, table: &DeTable<'_>, span: Range<usize>, schema: &Value, header: &Header) {
        let Some(properties) = schema["properties"].as_object() else {
            // A table whose keys are names that the author chose.
            for (key, value) in table {
                self.value(value, &schema["additionalProperties"], &header.key(key.get_ref()));
            }
            return;
        };
        let mut known: Vec<_> = properties.keys().map(String::as_str).collect();
        known.sort_unstable();
        let mut meant = Vec::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if let Some(schema) = properties.get(name) {
                self.value(value, schema, &header.key(name));
                continue;
            }
            meant.extend(nearest(name, known.iter().copied()));
            let message = format!("unknown key `{name}` in {header}");
            let help = suggestion(name, known.iter().copied(), "the keys here are");
            self.faults.push(Fault::at(key.span(), message, "unknown key").advise(help));
        }
        let required = schema["required"].as_array().into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            // A misspelt key has been reported; it is not missing as well.
            if table.contains_key(name) || meant.contains(&name) {
                continue;
            }
            let about = properties[name]["description"].as_str().unwrap_or_default();
            let fault = Fault::at(
                span.clone(),
                format!("{header} has no `{name}`"),
                format!("`{name}` is missing"),
            )
            .advise(format!("add `{name}`: {}", first_sentence(about)));
            self.faults.push(fault);
        }
    }

    /// A string where the schema knows what may stand there.
    fn word(&mut self, text: &str, span: Range<usize>, schema: &Value) {
        if schema["format"] == FUNCTION_FORMAT {
            let read = text.parse::<FunctionName>();
            self.faults.extend(
                read.err().map(|error| Fault::told(span, &error.to_string(), "not a function")),
            );
            return;
        }
        let Some(choices) = schema["oneOf"].as_array() else {
            return;
        };
        let words: Vec<_> = choices.iter().filter_map(|choice| choice["const"].as_str()).collect();
        if words.is_empty() || words.contains(&text) {
            return;
        }
        let help = suggestion(text, words, "the values here are");
        let message = format!("`{text}` is not a value that may stand here");
        self.faults.push(Fault::at(span, message, "unknown value").advise(help));
    }
}

/// The schema that `schema` stands for where `value` is: behind a reference, and the one for its
/// kind of value where there is a choice.
fn resolve<'a>(root: &'a Value, schema: &'a Value, value: &DeValue<'_>) -> &'a Value {
    let behind = |schema: &'a Value| {
        let pointer = schema["$ref"].as_str().and_then(|uri| uri.strip_prefix('#'));
        pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
    };
    let schema = behind(schema);
    let kind = match value {
        DeValue::Table(_) => "object",
        DeValue::Array(_) => "array",
        _ => "string",
    };
    // A choice of words says nothing of its kind.
    let fits = |schema: &&Value| schema["type"] == kind || schema["type"].is_null();
    let choices = schema["anyOf"].as_array().into_iter().flatten();
    choices.map(behind).find(fits).unwrap_or(schema)
}

/// The first sentence of a description as part of another: on one line, beginning in lower
/// case, without its period.
fn first_sentence(description: &str) -> String {
    let line = description.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = line.split(". ").next().unwrap_or_default().trim_end_matches('.');
    let mut characters = sentence.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

//! Names that point at something: [`FunctionName`], and the two ends of a link,
//! [`ImportEnd`] and [`ExportEnd`].
//!
//! Their spelling is checked here, once, when the manifest is parsed; nobody else takes such
//! a string apart. Whether a component of that name is there is `validate`'s question, and
//! what the component imports and exports is not this room's.
//!
//! An interface is written as its own name (`store`) or in full (`poly:sink/store@1.0.0`).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use thiserror::Error;
use wasmparser::names::{ComponentName, ComponentNameKind, KebabStr};

/// A function of a component: `component/function`, or `component/interface.function` where
/// an interface exports it. A function of a resource stands behind its resource, as in
/// `component/interface.resource.method`; the resource alone is its constructor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct FunctionName {
    /// The component's name in the manifest.
    pub component: String,
    /// The interface that exports the function, or the resource whose it is if both stand alone;
    /// the component itself exports it if there is none.
    pub interface: Option<String>,
    /// The resource behind the interface.
    pub resource: Option<String>,
    /// The function.
    pub function: String,
}

/// The left side of a link, `component/import`: the need that is met.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ImportEnd {
    /// The name of the component that imports.
    pub component: String,
    /// What it imports: an interface or a function.
    pub import: String,
}

/// The right side of a link, `component` or `component/export`: what meets the need.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ExportEnd {
    /// The name of the component that exports.
    pub component: String,
    /// What it exports; the export that fits the import if nothing is said.
    pub export: Option<String>,
}

/// Why a text is none of these names. A second line, where there is one, is advice.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MalformedName {
    /// It is not one function of one component.
    #[error(
        "`{0}` is not a function of a component\n\
         write `component/function`, or `component/interface.function`"
    )]
    NotAFunction(String),
    /// It is not one import of one component.
    #[error(
        "`{0}` is not an import of a component\n\
         write `component/import`, where the import is an interface or a function"
    )]
    NotAnImport(String),
    /// It is not an export of a component, nor a component.
    #[error("`{0}` is not an export of a component\nwrite `component` or `component/export`")]
    NotAnExport(String),
}

/// Whether `text` is an identifier as WIT has it: words joined by `-`, each all in lower or
/// all in upper case, the first beginning with a letter.
pub(super) fn is_identifier(text: &str) -> bool {
    KebabStr::new(text).is_some()
}

/// Whether `text` is an identifier or an interface's name in full, `space:package/name@1.0.0`.
pub(super) fn is_interface(text: &str) -> bool {
    let version = text.split_once('@').map(|(_, version)| version);
    is_identifier(text)
        || version.is_none_or(|version| semver::Version::parse(version).is_ok())
            && ComponentName::new(text, 0)
                .is_ok_and(|name| matches!(name.kind(), ComponentNameKind::Interface(_)))
}

impl FromStr for FunctionName {
    type Err = MalformedName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let split = || {
            let (component, rest) = text.split_once('/')?;
            // The last dots: those before them belong to an interface's version.
            let (before, function) = match rest.rsplit_once('.') {
                Some((before, function)) => (Some(before), function),
                None => (None, rest),
            };
            let (interface, resource) = match before.map(|before| (before, before.rsplit_once('.')))
            {
                Some((before, Some((interface, resource)))) if !is_interface(before) => {
                    (Some(interface), Some(resource))
                }
                Some((before, _)) => (Some(before), None),
                None => (None, None),
            };
            let fits = is_identifier(component)
                && interface.is_none_or(is_interface)
                && resource.is_none_or(is_identifier)
                && is_identifier(function);
            fits.then(|| Self {
                component: component.to_owned(),
                interface: interface.map(str::to_owned),
                resource: resource.map(str::to_owned),
                function: function.to_owned(),
            })
        };
        split().ok_or_else(|| MalformedName::NotAFunction(text.to_owned()))
    }
}

impl FromStr for ImportEnd {
    type Err = MalformedName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((component, import)) if is_identifier(component) && is_interface(import) => {
                Ok(Self { component: component.to_owned(), import: import.to_owned() })
            }
            _ => Err(MalformedName::NotAnImport(text.to_owned())),
        }
    }
}

impl FromStr for ExportEnd {
    type Err = MalformedName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (component, export) = match text.split_once('/') {
            Some((component, export)) => (component, Some(export)),
            None => (text, None),
        };
        if is_identifier(component) && export.is_none_or(is_interface) {
            Ok(Self { component: component.to_owned(), export: export.map(str::to_owned) })
        } else {
            Err(MalformedName::NotAnExport(text.to_owned()))
        }
    }
}

/// The word by which the schema says that a string is a [`FunctionName`].
pub(super) const FUNCTION_FORMAT: &str = "poly-function";

impl JsonSchema for FunctionName {
    fn schema_name() -> Cow<'static, str> {
        "FunctionName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A function of a component: `component/function`, or \
                            `component/interface.function` where an interface exports it; \
                            `component/interface.resource.method` if it is a resource's.",
            "type": "string",
            "format": FUNCTION_FORMAT,
        })
    }
}

impl TryFrom<String> for FunctionName {
    type Error = MalformedName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for ImportEnd {
    type Error = MalformedName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for ExportEnd {
    type Error = MalformedName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/", self.component)?;
        if let Some(interface) = &self.interface {
            write!(formatter, "{interface}.")?;
        }
        if let Some(resource) = &self.resource {
            write!(formatter, "{resource}.")?;
        }
        formatter.write_str(&self.function)
    }
}

impl fmt::Display for ImportEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.component, self.import)
    }
}

impl fmt::Display for ExportEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.export {
            Some(export) => write!(formatter, "{}/{export}", self.component),
            None => formatter.write_str(&self.component),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_taken_apart_and_put_together_again() {
        for (text, component, interface, function) in [
            ("a/fetch", "a", None, "fetch"),
            ("data-sink/store.put", "data-sink", Some("store"), "put"),
            ("b/poly:sink/store@1.2.3.put-all", "b", Some("poly:sink/store@1.2.3"), "put-all"),
        ] {
            let name: FunctionName = text.parse().unwrap();
            assert_eq!(name.component, component);
            assert_eq!(name.interface.as_deref(), interface);
            assert_eq!(name.function, function);
            assert_eq!((name.resource.as_deref(), name.to_string().as_str()), (None, text));
        }
        for (text, interface) in
            [("a/api.file.read", "api"), ("a/poly:a/api@1.2.3.file.read", "poly:a/api@1.2.3")]
        {
            let name: FunctionName = text.parse().unwrap();
            assert_eq!(name.interface.as_deref(), Some(interface));
            assert_eq!((name.resource.as_deref(), name.function.as_str()), (Some("file"), "read"));
            assert_eq!(name.to_string(), text);
        }
        for text in [
            "",
            "a/b.c.d.e",
            "fetch",
            "a/",
            "/fetch",
            "a/b/c",
            "a/.c",
            "a/b.",
            "a b/c",
            "a/fetch_data",
        ] {
            assert_eq!(
                text.parse::<FunctionName>(),
                Err(MalformedName::NotAFunction(text.to_owned()))
            );
        }
    }

    #[test]
    fn ends_of_links_are_taken_apart_and_put_together_again() {
        let import: ImportEnd = "app/poly:data/store@0.1.0".parse().unwrap();
        assert_eq!(
            (import.component.as_str(), import.import.as_str()),
            ("app", "poly:data/store@0.1.0")
        );
        assert_eq!(import.to_string(), "app/poly:data/store@0.1.0");
        assert!("app".parse::<ImportEnd>().is_err(), "an import must be named");
        let export: ExportEnd = "store".parse().unwrap();
        assert_eq!((export.component.as_str(), export.export.clone()), ("store", None));
        assert_eq!(export.to_string(), "store");
        let export: ExportEnd = "store/put".parse().unwrap();
        assert_eq!(export.export.as_deref(), Some("put"));
        assert_eq!(export.to_string(), "store/put");
        assert!("store/".parse::<ExportEnd>().is_err());
        assert!("Sto re".parse::<ExportEnd>().is_err());
    }
}

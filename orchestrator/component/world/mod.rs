//! What a component imports and exports, in types of our own.
//!
//! WIT's resolved form ties every type to its place by an index; here a type is a tree that
//! can be compared with one from another component. Records, variants, enums and flags keep
//! their name for messages, but two that differ in the name alone are equal, as they are to
//! the component model.

mod compare;
mod decode;
mod value;
mod wasi;

use std::collections::{BTreeMap, BTreeSet};

pub use compare::{
    Mismatch, compare_functions, compare_interfaces, compare_types, resources, seen_from,
};
pub(crate) use decode::read;
pub use decode::{WorldError, decode};
pub use value::{Case, Field, Owner, Resource, Type};
pub use wasi::{WASI_INTERFACES, WASI_VERSION, is_provided};

/// All imports and exports of a component, by name (`ns:package/interface@version`, or a plain
/// name).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct World {
    /// What it needs.
    pub imports: BTreeMap<String, Item>,
    /// What it offers.
    pub exports: BTreeMap<String, Item>,
    /// Those exported interfaces that are imported ones passed on as they are, by what each is
    /// imported as. Known of a component, not of WIT text.
    pub passed_on: BTreeMap<String, String>,
}

/// One import or export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Functions and types under a common name.
    Interface(Interface),
    /// A function that stands alone.
    Function(Function),
    /// A type that stands alone.
    Type(Type),
}

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interface {
    /// Its functions, by name; methods as WIT writes them (`[method]file.read`).
    pub functions: BTreeMap<String, Function>,
    /// The resources that it defines.
    pub resources: BTreeSet<String>,
    /// Its other types, those among them that it uses from other interfaces. A resource that it
    /// uses is here too, as the type of an owned one.
    pub types: BTreeMap<String, Type>,
}

/// A function's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Whether it is declared `async`.
    pub asynchronous: bool,
    /// Its parameters, in order.
    pub parameters: Vec<Field>,
    /// What it returns, if anything.
    pub result: Option<Type>,
}

impl Item {
    /// Whether it consists of types alone: nothing to call, and nothing to provide.
    pub fn is_type_only(&self) -> bool {
        match self {
            Self::Interface(interface) => {
                interface.functions.is_empty() && interface.resources.is_empty()
            }
            Self::Function(_) => false,
            // A resource is more than a name: somebody must own it.
            Self::Type(ty) => !matches!(ty, Type::Own(_)),
        }
    }

    /// The kind of item, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Interface(_) => "interface",
            Self::Function(_) => "function",
            Self::Type(_) => "type",
        }
    }
}

/// A name and its version, split: `a:b/c@1.2.3` is `a:b/c` and `1.2.3`.
pub fn split_version(name: &str) -> (&str, Option<semver::Version>) {
    match name.rsplit_once('@') {
        Some((base, version)) => match semver::Version::parse(version) {
            Ok(version) => (base, Some(version)),
            Err(_) => (name, None),
        },
        None => (name, None),
    }
}

/// What names of compatible versions share, as WIT has it: the name without its version, and
/// the first number of the version that is not zero, in its place. Nothing for a name without a
/// version, or for a version that is compatible with itself alone, a pre-release.
pub fn track(name: &str) -> Option<(&str, (u64, u64, u64))> {
    let (base, version) = split_version(name);
    let version = version.filter(|version| version.pre.is_empty())?;
    let track = match (version.major, version.minor) {
        (0, 0) => (0, 0, version.patch),
        (0, minor) => (0, minor, 0),
        (major, _) => (major, 0, 0),
    };
    Some((base, track))
}

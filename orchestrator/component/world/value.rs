//! Value types as trees.

use std::fmt;

/// A type of the component model. Type names are kept for messages and count for nothing in
/// comparisons made by [`super::compare_types`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "WIT's own words")]
pub enum Type {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
    List(Box<Type>),
    FixedLengthList(Box<Type>, u32),
    Map(Box<Type>, Box<Type>),
    Tuple(Vec<Type>),
    Option(Box<Type>),
    Result {
        ok: Option<Box<Type>>,
        error: Option<Box<Type>>,
    },
    Record {
        name: String,
        fields: Vec<Field>,
    },
    Variant {
        name: String,
        cases: Vec<Case>,
    },
    Enum {
        name: String,
        cases: Vec<String>,
    },
    Flags {
        name: String,
        flags: Vec<String>,
    },
    /// A resource handed over.
    Own(Resource),
    /// A resource lent.
    Borrow(Resource),
    Future(Option<Box<Type>>),
    Stream(Option<Box<Type>>),
    ErrorContext,
}

/// A resource type, by the place that defines it, as one component sees it. Whether two of two
/// components are the same type depends on who is linked to whom, which
/// [`crate::component::wiring`] follows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// Its name where it is defined.
    pub name: String,
    /// Where that is.
    pub owner: Owner,
}

/// Where a component has a resource type from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// An interface that it imports.
    Import(String),
    /// An interface that it exports.
    Export(String),
    /// The world itself, which imports the type alone.
    World,
}

/// A record's field or a function's parameter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// A variant's case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// What it carries, if anything.
    pub ty: Option<Type>,
}

/// As WIT writes it; named types by their name.
impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Bool => "bool",
            Self::S8 => "s8",
            Self::U8 => "u8",
            Self::S16 => "s16",
            Self::U16 => "u16",
            Self::S32 => "s32",
            Self::U32 => "u32",
            Self::S64 => "s64",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char",
            Self::String => "string",
            Self::ErrorContext => "error-context",
            Self::Own(resource) => &resource.name,
            Self::Record { name, .. }
            | Self::Variant { name, .. }
            | Self::Enum { name, .. }
            | Self::Flags { name, .. } => name,
            Self::List(element) => return write!(out, "list<{element}>"),
            Self::FixedLengthList(element, length) => {
                return write!(out, "list<{element}, {length}>");
            }
            Self::Map(key, value) => return write!(out, "map<{key}, {value}>"),
            Self::Option(some) => return write!(out, "option<{some}>"),
            Self::Borrow(resource) => return write!(out, "borrow<{}>", resource.name),
            Self::Future(item) => return write_generic(out, "future", &[item.as_deref()]),
            Self::Stream(item) => return write_generic(out, "stream", &[item.as_deref()]),
            Self::Tuple(types) => {
                let types: Vec<_> = types.iter().map(Some).collect();
                return write_generic(out, "tuple", &types);
            }
            Self::Result { ok, error: None } => {
                return write_generic(out, "result", &[ok.as_deref()]);
            }
            Self::Result { ok, error } => {
                return write_generic(out, "result", &[ok.as_deref(), error.as_deref()]);
            }
        };
        out.write_str(word)
    }
}

/// `name<a, b>` with `_` for what is absent; the bare name when nothing is there.
fn write_generic(
    out: &mut fmt::Formatter<'_>,
    name: &str,
    arguments: &[Option<&Type>],
) -> fmt::Result {
    if arguments.iter().all(Option::is_none) {
        return out.write_str(name);
    }
    let written: Vec<String> = arguments
        .iter()
        .map(|argument| argument.map_or_else(|| "_".to_owned(), ToString::to_string))
        .collect();
    write!(out, "{name}<{}>", written.join(", "))
}

impl Type {
    /// The types directly inside, each with the step that leads to it.
    pub fn inner(&self) -> Vec<(String, &Type)> {
        match self {
            Self::List(element) | Self::FixedLengthList(element, _) => {
                vec![("list element".to_owned(), element)]
            }
            Self::Map(key, value) => {
                vec![("map key".to_owned(), key), ("map value".to_owned(), value)]
            }
            Self::Option(some) => vec![("option".to_owned(), some)],
            Self::Tuple(types) => types
                .iter()
                .enumerate()
                .map(|(index, ty)| (format!("tuple element {}", index + 1), ty))
                .collect(),
            Self::Result { ok, error } => {
                let arms =
                    [arm("ok of result", ok.as_deref()), arm("error of result", error.as_deref())];
                arms.into_iter().flatten().collect()
            }
            Self::Record { fields, .. } => fields
                .iter()
                .map(|field| (format!("record field \"{}\"", field.name), &field.ty))
                .collect(),
            Self::Variant { cases, .. } => cases
                .iter()
                .filter_map(|case| {
                    Some((format!("variant case \"{}\"", case.name), case.ty.as_ref()?))
                })
                .collect(),
            Self::Future(item) => arm("future", item.as_deref()).into_iter().collect(),
            Self::Stream(item) => arm("stream", item.as_deref()).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The name, if it is a type that must have one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Record { name, .. }
            | Self::Variant { name, .. }
            | Self::Enum { name, .. }
            | Self::Flags { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The same type with all names of types taken out: two that are equal in structure become
    /// equal.
    #[must_use]
    pub fn without_names(&self) -> Self {
        let boxed = |ty: &Self| Box::new(ty.without_names());
        let fields = |fields: &Vec<Field>| {
            let bare =
                |field: &Field| Field { name: field.name.clone(), ty: field.ty.without_names() };
            fields.iter().map(bare).collect()
        };
        let name = String::new();
        match self {
            Self::List(element) => Self::List(boxed(element)),
            Self::FixedLengthList(element, length) => {
                Self::FixedLengthList(boxed(element), *length)
            }
            Self::Map(key, value) => Self::Map(boxed(key), boxed(value)),
            Self::Option(some) => Self::Option(boxed(some)),
            Self::Tuple(types) => Self::Tuple(types.iter().map(Self::without_names).collect()),
            Self::Result { ok, error } => {
                Self::Result { ok: ok.as_deref().map(boxed), error: error.as_deref().map(boxed) }
            }
            Self::Record { fields: own, .. } => Self::Record { name, fields: fields(own) },
            Self::Variant { cases, .. } => {
                let bare = |case: &Case| Case {
                    name: case.name.clone(),
                    ty: case.ty.as_ref().map(Self::without_names),
                };
                Self::Variant { name, cases: cases.iter().map(bare).collect() }
            }
            Self::Enum { cases, .. } => Self::Enum { name, cases: cases.clone() },
            Self::Flags { flags, .. } => Self::Flags { name, flags: flags.clone() },
            Self::Future(item) => Self::Future(item.as_deref().map(boxed)),
            Self::Stream(item) => Self::Stream(item.as_deref().map(boxed)),
            other => other.clone(),
        }
    }
}

fn arm<'t>(step: &str, ty: Option<&'t Type>) -> Option<(String, &'t Type)> {
    Some((step.to_owned(), ty?))
}

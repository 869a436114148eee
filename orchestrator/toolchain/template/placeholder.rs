//! What a template may leave open, and how it is written between braces.

use std::ops::Range;
use std::path::Path;

use crate::nearest::nearest;
use crate::toolchain::environment::UserDirectories;

/// Something that a template leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placeholder {
    /// `{world}`
    World,
    /// `{wit}`
    Wit,
    /// `{component}`
    Component,
    /// `{root}`
    Root,
    /// `{name}`
    Name,
    /// `{profile}`
    Profile,
    /// `{build}`
    Build,
    /// `{output}`
    Output,
    /// `{home}`
    Home,
    /// `{cargo-home}`
    CargoHome,
    /// `{rustup-home}`
    RustupHome,
    /// `{config-home}`
    ConfigHome,
    /// `{tools-path}`
    ToolsPath,
    /// `{tool:NAME}`
    Tool(String),
    /// `{prefix:TOOL}`
    Prefix(String),
    /// `{cache:TOOL}`
    Cache(String),
    /// `{variant:TOOL}`
    Variant(String),
    /// `{option:NAME}`
    Option(String),
    /// `{flags:NAME}`
    Flags(String),
}

/// A text that is not a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalformedTemplate {
    /// Where in the text, in bytes.
    pub at: Range<usize>,
    /// What is wrong there: lower case, no final period.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Placeholders without an argument, by name.
const PLAIN: [(&str, Placeholder); 13] = [
    ("world", Placeholder::World),
    ("wit", Placeholder::Wit),
    ("component", Placeholder::Component),
    ("root", Placeholder::Root),
    ("name", Placeholder::Name),
    ("profile", Placeholder::Profile),
    ("build", Placeholder::Build),
    ("output", Placeholder::Output),
    ("home", Placeholder::Home),
    ("cargo-home", Placeholder::CargoHome),
    ("rustup-home", Placeholder::RustupHome),
    ("config-home", Placeholder::ConfigHome),
    ("tools-path", Placeholder::ToolsPath),
];

type MakePlaceholder = fn(String) -> Placeholder;

/// Placeholders with an argument, by what stands before the colon.
const NAMED: [(&str, MakePlaceholder); 6] = [
    ("tool", Placeholder::Tool),
    ("prefix", Placeholder::Prefix),
    ("cache", Placeholder::Cache),
    ("variant", Placeholder::Variant),
    ("option", Placeholder::Option),
    ("flags", Placeholder::Flags),
];

impl Placeholder {
    /// The directory of the user's that it stands for, if it does for one.
    pub(in crate::toolchain) fn of_user<'a>(&self, user: &'a UserDirectories) -> Option<&'a Path> {
        match self {
            Self::Home => Some(&user.home),
            Self::CargoHome => Some(&user.cargo_home),
            Self::RustupHome => Some(&user.rustup_home),
            Self::ConfigHome => Some(&user.config_home),
            _ => None,
        }
    }

    /// Whether it stands for a directory of the user's.
    pub(in crate::toolchain) fn is_of_user(&self) -> bool {
        matches!(self, Self::Home | Self::CargoHome | Self::RustupHome | Self::ConfigHome)
    }

    /// What stands between the braces; `at` is where they are, for the error.
    pub(super) fn parse(text: &str, at: Range<usize>) -> Result<Self, MalformedTemplate> {
        if let Some((_, placeholder)) = PLAIN.iter().find(|(name, _)| *name == text) {
            return Ok(placeholder.clone());
        }
        let (kind, argument) = text.split_once(':').unwrap_or((text, ""));
        if let Some((_, make)) = NAMED.iter().find(|(name, _)| *name == kind) {
            if argument.is_empty() {
                return Err(MalformedTemplate {
                    at,
                    message: format!("`{{{text}}}` lacks a name"),
                    help: Some(format!("write `{{{kind}:NAME}}`")),
                });
            }
            return Ok(make(argument.to_owned()));
        }
        let known = PLAIN.iter().map(|(name, _)| *name).chain(NAMED.iter().map(|(name, _)| *name));
        let help = match nearest(kind, known.clone()) {
            Some(name) if NAMED.iter().any(|(named, _)| *named == name) => {
                format!(
                    "did you mean `{{{name}:{}}}`?",
                    if argument.is_empty() { "NAME" } else { argument }
                )
            }
            Some(name) => format!("did you mean `{{{name}}}`?"),
            None => format!("the placeholders are: {}", known.collect::<Vec<_>>().join(", ")),
        };
        Err(MalformedTemplate {
            at,
            message: format!("unknown placeholder `{{{text}}}`"),
            help: Some(help),
        })
    }
}

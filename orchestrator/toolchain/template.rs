//! Texts with placeholders, from a closed set.
//!
//! | placeholder | stands for |
//! |---|---|
//! | `{world}` | the WIT world that the component implements |
//! | `{wit}` | the directory of the WIT that it is in |
//! | `{component}` | the component's directory, in the copy |
//! | `{root}` | the root of the copy |
//! | `{name}` | the component's name |
//! | `{profile}` | `release` or `debug` |
//! | `{build}` | a directory that is kept between builds, for what a tool remembers |
//! | `{output}` | the file to write |
//! | `{home}` | the user's home directory |
//! | `{cargo-home}`, `{rustup-home}`, `{config-home}` | `CARGO_HOME`, `RUSTUP_HOME`, `XDG_CONFIG_HOME`, or else `.cargo`, `.rustup`, `.config` in the home |
//! | `{tool:NAME}` | the executable of a tool |
//! | `{prefix:TOOL}` | where a tool is installed: the directory above that of its executable |
//! | `{cache:TOOL}` | a directory for what a tool remembers, shared by all builds with that very tool; it may not be there yet |
//! | `{variant:TOOL}` | the variant that was chosen of a tool |
//! | `{tools-path}` | the directories of all tools, then those of `PATH` |
//! | `{option:NAME}` | the value of an option of the toolchain |
//! | `{flags:NAME}` | a list of arguments for the profile; only as an argument of its own |
//!
//! A brace of one's own is written twice: `{{`, `}}`. A [`Template`] is parsed once and keeps
//! its text, because that is what is hashed: what it expands to differs between machines.

mod placeholder;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use miette::Diagnostic;
use thiserror::Error;

use super::environment::UserDirectories;
use super::find::FoundTool;
use crate::manifest::Profile;
pub use placeholder::{MalformedTemplate, Placeholder};

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Placeholder(Placeholder),
}

/// What the placeholders stand for in one build.
#[derive(Debug, Clone)]
pub struct Values {
    /// `{name}`
    pub name: String,
    /// `{world}`, if the component names one.
    pub world: Option<String>,
    /// `{wit}`, if there is any.
    pub wit: Option<PathBuf>,
    /// `{profile}`
    pub profile: Profile,
    /// `{root}`
    pub root: PathBuf,
    /// `{component}`
    pub component: PathBuf,
    /// `{build}`
    pub build: PathBuf,
    /// `{output}`
    pub output: PathBuf,
    /// `{home}`, `{cargo-home}` and their like
    pub user: UserDirectories,
    /// `{tools-path}`
    pub tools_path: String,
    /// `{tool:NAME}`, `{prefix:TOOL}`, `{cache:TOOL}` and `{variant:TOOL}`
    pub tools: IndexMap<String, FoundTool>,
    /// `{option:NAME}`
    pub options: BTreeMap<String, String>,
}

/// A placeholder that stands for nothing in a build.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum ExpandError {
    /// The component has no world.
    #[error("`{template}` needs a world, and the component names none")]
    #[diagnostic(help("add `world = \"...\"` to the component in the manifest"))]
    NoWorld {
        /// The template.
        template: String,
    },
    /// There is no WIT.
    #[error("`{template}` needs a directory of WIT, and there is none")]
    #[diagnostic(help("add `wit = \"...\"` to `[pipeline]` or to the component in the manifest"))]
    NoWit {
        /// The template.
        template: String,
    },
    /// A tool was not found, or has no variant, or an option has no value, in what was given.
    #[error("`{template}` has nothing to stand for in this build")]
    Absent {
        /// The template.
        template: String,
    },
    /// A path cannot be an argument.
    #[error("`{}` cannot be passed to a tool: it is not Unicode", path.display())]
    #[diagnostic(help("move the project, the cache or the tool to a directory with another name"))]
    NotUnicode {
        /// The path.
        path: PathBuf,
    },
}

impl Template {
    /// Reads a text.
    pub fn parse(text: &str) -> Result<Self, MalformedTemplate> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(index) = rest.find(['{', '}']) {
            literal.push_str(&rest[..index]);
            let at = text.len() - rest.len() + index;
            let brace = &rest[index..=index];
            rest = &rest[index + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                literal.push_str(brace);
                rest = after;
                continue;
            }
            let end = rest.find('}').filter(|_| brace == "{").ok_or_else(|| MalformedTemplate {
                at: at..at + 1,
                message: format!("a `{brace}` without its counterpart"),
                help: Some(format!("a brace of the text's own is written twice: `{brace}{brace}`")),
            })?;
            let placeholder = Placeholder::parse(&rest[..end], at..at + end + 2)?;
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(Part::Placeholder(placeholder));
            rest = &rest[end + 1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        let template = Self { text: text.to_owned(), parts };
        template.flags_stand_alone()
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it leaves open, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Placeholder(placeholder) => Some(placeholder),
        })
    }

    /// The text with everything in its place.
    pub fn expand(&self, values: &Values) -> Result<String, ExpandError> {
        self.expand_with(values, |value| value)
    }

    /// The same for a text that is a glob: what the placeholders stand for is matched as it
    /// is, even if there are stars and brackets in it.
    pub fn expand_glob(&self, values: &Values) -> Result<String, ExpandError> {
        self.expand_with(values, |value| globset::escape(&value))
    }

    /// The path that a text stands for outside of a build, if it names nothing but directories
    /// of the user's.
    pub fn expand_for_user(&self, user: &UserDirectories) -> Option<PathBuf> {
        let mut path = String::new();
        for part in &self.parts {
            path.push_str(match part {
                Part::Literal(literal) => literal,
                Part::Placeholder(placeholder) => placeholder.of_user(user)?.to_str()?,
            });
        }
        Some(PathBuf::from(path))
    }

    fn expand_with(
        &self,
        values: &Values,
        quote: impl Fn(String) -> String,
    ) -> Result<String, ExpandError> {
        let parts = self.parts.iter();
        parts
            .map(|part| match part {
                Part::Literal(literal) => Ok(literal.clone()),
                Part::Placeholder(placeholder) => self.value(placeholder, values).map(&quote),
            })
            .collect()
    }

    fn value(&self, placeholder: &Placeholder, values: &Values) -> Result<String, ExpandError> {
        let template = || self.text.clone();
        let absent = || ExpandError::Absent { template: template() };
        if let Some(directory) = placeholder.of_user(&values.user) {
            return unicode(directory);
        }
        match placeholder {
            Placeholder::Name => Ok(values.name.clone()),
            Placeholder::World => {
                values.world.clone().ok_or_else(|| ExpandError::NoWorld { template: template() })
            }
            Placeholder::Wit => {
                let wit = values.wit.as_ref();
                unicode(wit.ok_or_else(|| ExpandError::NoWit { template: template() })?)
            }
            Placeholder::Profile => Ok(profile_name(values.profile).to_owned()),
            Placeholder::Component => unicode(&values.component),
            Placeholder::Root => unicode(&values.root),
            Placeholder::Build => unicode(&values.build),
            Placeholder::Output => unicode(&values.output),
            Placeholder::ToolsPath => Ok(values.tools_path.clone()),
            Placeholder::Tool(name) => unicode(&values.tools.get(name).ok_or_else(absent)?.path),
            Placeholder::Prefix(name) => {
                let tool = values.tools.get(name).ok_or_else(absent)?;
                unicode(tool.path.ancestors().nth(2).ok_or_else(absent)?)
            }
            Placeholder::Cache(name) => unicode(&values.tools.get(name).ok_or_else(absent)?.cache),
            Placeholder::Variant(name) => {
                values.tools.get(name).and_then(|tool| tool.variant.clone()).ok_or_else(absent)
            }
            Placeholder::Option(name) => values.options.get(name).cloned().ok_or_else(absent),
            // `Toolchain::steps` has put the list in its place already; a directory of the
            // user's has been returned.
            Placeholder::Flags(_)
            | Placeholder::Home
            | Placeholder::CargoHome
            | Placeholder::RustupHome
            | Placeholder::ConfigHome => Err(absent()),
        }
    }

    fn flags_stand_alone(self) -> Result<Self, MalformedTemplate> {
        let flags = |placeholder: &Placeholder| matches!(placeholder, Placeholder::Flags(_));
        if self.parts.len() > 1 && self.placeholders().any(flags) {
            return Err(MalformedTemplate {
                at: 0..self.text.len(),
                message: "`{flags:NAME}` stands for several arguments, not for a part of one"
                    .into(),
                help: Some("make it an argument of its own".into()),
            });
        }
        Ok(self)
    }
}

/// As written in a template.
impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// What a profile is called in manifests and on command lines.
pub fn profile_name(profile: Profile) -> &'static str {
    match profile {
        Profile::Release => "release",
        Profile::Debug => "debug",
    }
}

fn unicode(path: &Path) -> Result<String, ExpandError> {
    match path.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(ExpandError::NotUnicode { path: path.to_owned() }),
    }
}

#[cfg(test)]
#[path = "template/tests.rs"]
mod tests;

//! What a toolchain's file says, checked: plain data, and the few questions that it answers
//! by itself.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use poly_cache::Digest;
use serde::{Deserialize, Serialize};

use super::template::{Placeholder, Template};
use crate::manifest::Profile;
use crate::nearest::nearest;

/// How a component in some language is built.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// What a manifest calls it.
    pub name: String,
    /// One line for a person.
    pub about: String,
    /// The language that it compiles.
    pub language: String,
    /// What its steps leave behind.
    pub produces: Produces,
    /// Whether equal inputs give equal bytes.
    pub reproducible: bool,
    /// Why they do not, if they do not.
    pub varies: Option<String>,
    /// Why those of the profile `debug` do not, if only they do not.
    pub debug_varies: Option<String>,
    /// What it reads of a component: globs relative to the component's directory.
    pub inputs: Vec<String>,
    /// What it does not read of that after all.
    pub exclude: Vec<String>,
    /// What compiled code calls the directories that its sources are in, for telling where it
    /// stopped.
    pub sources: IndexMap<String, SourceDirectory>,
    /// The executables that it needs, by name. One that is found beside another stands after
    /// that one.
    pub tools: IndexMap<String, Tool>,
    /// Settings of the user's that its tools read by themselves, and that are therefore part of
    /// the key: `{home}/...`.
    pub settings: Vec<Template>,
    /// The environment of its steps.
    pub environment: Environment,
    /// What a manifest may say in `[component.NAME.options]`.
    pub options: BTreeMap<String, OptionDeclaration>,
    /// Files that are added to the copy of a component before the steps, by relative path.
    pub files: BTreeMap<String, String>,
    /// Files that poly writes there from the component's world, by relative path.
    pub generate: IndexMap<String, Generator>,
    /// The commands, in order, `{flags:NAME}` not yet spliced: see [`Toolchain::steps`].
    pub(super) steps: Vec<Step>,
    /// What `{flags:NAME}` stands for.
    pub(super) flags: BTreeMap<String, Flags>,
    /// Where the steps leave the artifact: a glob that must match exactly one file.
    pub output: Template,
    /// A component to try the toolchain with.
    pub self_test: Option<SelfTest>,
}

/// What a toolchain's steps leave behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Produces {
    /// A core module, to be adapted.
    Module,
    /// A component.
    Component,
    /// Whichever the tools at hand make; the bytes tell.
    Either,
}

/// A directory of sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum SourceDirectory {
    /// The manifest's, as its copy has it.
    #[serde(rename = "{root}")]
    Root,
    /// The component's in it.
    #[serde(rename = "{component}")]
    Component,
}

/// What poly can write from a component's world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Generator {
    /// Go: for each exported function a post-return function that calls `polyCallEnded`.
    GoPostReturn,
}

/// An executable that a toolchain needs.
#[derive(Debug, Clone)]
pub struct Tool {
    /// What the toolchain calls it.
    pub name: String,
    /// What it may be called in the file system, in order of preference.
    pub find: Vec<String>,
    /// The arguments that make it print its version.
    pub version: Vec<String>,
    /// The versions that will do.
    pub accept: semver::VersionReq,
    /// The version that poly installs.
    pub install_version: Option<String>,
    /// How to get from what was found to the real executable, where the one may be a proxy.
    pub resolve: Option<Resolve>,
    /// The tool beside whose executable this one lies.
    pub from: Option<String>,
    /// What it must be able to do: the first that it can is chosen.
    pub variants: Vec<Variant>,
    /// Files whose change means that the tool must be asked again.
    pub witness: Vec<Template>,
    /// What the tool consists of, if its executable only starts it: globs relative to its
    /// prefix.
    pub identity: Vec<String>,
    /// Ways to install it, in the order in which they are tried.
    pub installs: Vec<Way>,
    /// Whether the one that poly installs comes before those that are on `PATH`.
    pub search: Search,
    /// What a person can do who cannot have it.
    pub otherwise: Option<String>,
}

/// Where a tool is searched that poly can install.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Search {
    /// On `PATH`, and then in poly's own directory.
    #[default]
    PathFirst,
    /// In poly's own directory, and then on `PATH`: it is locked as installed by poly.
    OwnFirst,
    /// In poly's own directory: nothing else will do.
    OwnAlone,
}

/// How a proxy names the real executable.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Resolve {
    /// Arguments that make it print a directory.
    pub run: Vec<String>,
    /// The executable, relative to that directory.
    pub path: String,
}

/// Something that a tool can do if a directory that it names is there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Variant {
    /// What `{variant:TOOL}` stands for if this one is chosen.
    pub name: String,
    /// Arguments that make the tool print the directory.
    pub directory: Vec<String>,
}

/// One way to install a tool.
#[derive(Debug, Clone, Serialize)]
pub enum Way {
    /// `rustup target add`, into the user's own Rust.
    RustupTarget {
        /// The target.
        target: String,
    },
    /// A virtual environment of Python packages.
    Python {
        /// What to install, each with its version (`name==1.2.3`).
        packages: Vec<String>,
    },
    /// `cargo install`.
    Cargo {
        /// The crate.
        package: String,
        /// Whether its own lock file is used.
        locked: bool,
    },
    /// A Go program.
    Go {
        /// The package of the program.
        package: String,
        /// The module that the package is in. If it is given, the program is built in a
        /// module of its own that requires that one, which works where a proxy lists no
        /// versions; otherwise by `go install`.
        module: Option<String>,
    },
    /// A release archive, `.tar.gz`.
    Archive {
        /// The archive for each platform, such as `x86_64-linux`.
        platforms: BTreeMap<String, Archive>,
        /// How many directories at its top are left away.
        strip: u32,
        /// Where its executables are.
        bin: String,
    },
    /// A program whose sources poly carries, built by `cargo install`.
    Helper {
        /// Its name among poly's helpers.
        name: String,
        /// Its sources, by relative path.
        sources: BTreeMap<String, String>,
    },
    /// A script, run by bash.
    Script {
        /// Its file name.
        #[serde(skip)]
        name: String,
        /// Its text.
        text: String,
    },
}

/// An archive to download.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Archive {
    /// Where it is.
    pub url: String,
    /// What it must be.
    pub sha256: Digest,
}

/// Which variables steps may see. Nothing else of poly's environment reaches them.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Passed on, and part of the key.
    pub hash: Vec<String>,
    /// Passed on, and not part of the key.
    pub pass: Vec<String>,
    /// Set; part of the key as they are written here.
    pub set: BTreeMap<String, Template>,
}

/// An option of a toolchain.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OptionDeclaration {
    /// Its value if the manifest does not say; without one the manifest must.
    #[serde(default)]
    pub default: Option<String>,
    /// One line for a person.
    pub about: String,
}

/// A list of arguments for each profile.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// For `release`.
    pub release: Vec<Template>,
    /// For `debug`.
    pub debug: Vec<Template>,
}

/// One command.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it is called in messages.
    pub name: String,
    /// The executable and its arguments.
    pub run: Vec<Template>,
    /// Advice for when it fails, by words of its output that call for it.
    pub hints: IndexMap<String, String>,
}

impl Step {
    /// The advice for an output.
    pub fn hint(&self, output: &str) -> Option<&str> {
        let mut hints = self.hints.iter();
        hints.find(|(words, _)| output.contains(words.as_str())).map(|(_, help)| help.as_str())
    }
}

/// A component in the toolchain's language for `package poly:self-test; world greeter {
/// export greet: func(name: string) -> string; }`, which answers `hello, NAME`.
#[derive(Debug, Clone)]
pub struct SelfTest {
    /// Its files, by relative path.
    pub files: BTreeMap<String, String>,
    /// The options that it is built with.
    pub options: BTreeMap<String, String>,
}

/// An option that a manifest gives and the toolchain does not take, or the other way round.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum OptionError {
    /// There is no such option.
    #[error("toolchain `{toolchain}` has no option `{option}`")]
    Unknown {
        /// The toolchain.
        toolchain: String,
        /// The option.
        option: String,
        /// What it was probably meant to be, or which options there are.
        #[help]
        help: String,
    },
    /// An option without a default was not given.
    #[error("toolchain `{toolchain}` needs the option `{option}`")]
    Missing {
        /// The toolchain.
        toolchain: String,
        /// The option.
        option: String,
        /// What it is for.
        #[help]
        help: String,
    },
}

impl Toolchain {
    /// The commands for a profile: as the file has them, with `{flags:NAME}` replaced by that
    /// profile's list, and every other placeholder still in place.
    pub fn steps(&self, profile: Profile) -> Vec<Step> {
        let splice = |argument: &Template| match argument.placeholders().next() {
            Some(Placeholder::Flags(name)) => self.flags[name].of(profile).to_vec(),
            _ => vec![argument.clone()],
        };
        let steps = self.steps.iter();
        steps
            .map(|step| Step {
                name: step.name.clone(),
                run: step.run.iter().flat_map(splice).collect(),
                hints: step.hints.clone(),
            })
            .collect()
    }

    /// The value of every option: what is given, else its default.
    pub fn option_values(
        &self,
        given: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, OptionError> {
        if let Some(option) = given.keys().find(|name| !self.options.contains_key(*name)) {
            return Err(self.unknown_option(option));
        }
        let declared = self.options.iter();
        declared
            .map(|(name, declaration)| {
                let value = given.get(name).or(declaration.default.as_ref());
                let value = value.ok_or_else(|| OptionError::Missing {
                    toolchain: self.name.clone(),
                    option: name.clone(),
                    help: format!("it is {}", declaration.about),
                })?;
                Ok((name.clone(), value.clone()))
            })
            .collect()
    }

    fn unknown_option(&self, option: &str) -> OptionError {
        let names: Vec<&str> = self.options.keys().map(String::as_str).collect();
        let help = match nearest(option, names.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None if names.is_empty() => "it has no options at all".to_owned(),
            None => format!("it has: `{}`", names.join("`, `")),
        };
        OptionError::Unknown { toolchain: self.name.clone(), option: option.to_owned(), help }
    }
}

impl Flags {
    /// The list for a profile.
    pub fn of(&self, profile: Profile) -> &[Template] {
        match profile {
            Profile::Release => &self.release,
            Profile::Debug => &self.debug,
        }
    }
}

/// Goes up when poly carries a way out otherwise, so that what it once installed is not what
/// it would install now.
const RECIPES: u32 = 1;

impl Way {
    /// What is done, down to the text of a script: equal digests, equal installs.
    pub(super) fn recipe(&self) -> Digest {
        let json = serde_json::to_vec(&(RECIPES, self)).expect("strings go into JSON");
        Digest::of(&json)
    }

    /// What the way is called in a toolchain's file, in messages and in receipts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RustupTarget { .. } => "rustup-target",
            Self::Python { .. } => "python",
            Self::Cargo { .. } => "cargo",
            Self::Go { .. } => "go",
            Self::Archive { .. } => "archive",
            Self::Helper { .. } => "helper",
            Self::Script { .. } => "script",
        }
    }
}

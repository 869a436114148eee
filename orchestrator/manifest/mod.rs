//! Text to [`Manifest`]: what a `pipeline.toml` may say and what it means.
//!
//! The types below are the manifest's one definition: they are parsed into, the JSON schema
//! is generated from them, and an unknown key is whatever they do not name. Every name that
//! can point nowhere is kept with its [`Spanned`] place, so that a diagnostic can point at
//! its line. [`Manifest::parse`] is the only way to one, so whoever holds a `Manifest` holds
//! one whose names are well formed and point at components that are there, and whose paths
//! stay where they may. What only the file system or a toolchain knows (is the directory
//! there? the world? the toolchain?) is asked elsewhere, and answered through
//! [`Manifest::error_at`]. This room is pure: it is handed text and opens no file.
//!
//! | file | what it owns |
//! |---|---|
//! | `parse` | the way from text to a `Manifest`, and what is said when it ends early |
//! | `keys` | unknown, misspelt and missing keys, found by holding the text against the schema |
//! | `flow` | `[flow.NAME]`: its steps, and the ways to write them |
//! | `grants`, `limits` | what the composed component may touch; what it may use up |
//! | `run` | how it is compiled and run |
//! | `check` | `[[check]]`, and what is wrong with one |
//! | `interop` | `[interop.NAME]` |
//! | `dependency` | WIT packages that come from elsewhere, and registries |
//! | `name` | names that point at something: functions, ends of links |
//! | `path` | paths and globs relative to the manifest |
//! | `quantity`, `count` | bytes and times; whole numbers within bounds |
//! | `validate` | what is true of a manifest as a whole |
//! | `rewrite` | other values in its text, with all else left as it is |
//! | `error`, `schema` | [`ManifestError`]; the JSON schema |

#![deny(clippy::disallowed_methods)]

mod check;
mod count;
mod dependency;
mod error;
mod flow;
mod grants;
mod interop;
mod keys;
mod limits;
mod name;
mod parse;
mod path;
mod quantity;
mod rewrite;
mod run;
mod schema;
#[cfg(test)]
mod tests;
mod validate;

pub use check::{Bound, Check, CheckStep, Pattern, Writable, writable};
pub use count::Count;
pub use dependency::{Dependency, MalformedDependency, PackageRef, Registry};
pub use error::ManifestError;
pub use flow::{Flow, Stage, Step};
pub(crate) use grants::read_port;
pub use grants::{
    Access, ClockSettings, DirectoryGrant, FileTarget, Grants, Host, HttpOrigin, HttpScheme,
    MalformedClock, MalformedOrigin, MalformedSocket, Moment, Output, RandomSettings, Scale,
    SocketGrant, Switch,
};
pub use interop::Interop;
pub use limits::{Limit, Limits};
pub use name::{ExportEnd, FunctionName, ImportEnd, MalformedName};
pub(crate) use path::normal;
pub use quantity::{Age, Bytes, MalformedQuantity, Timeout};
pub use rewrite::{Rewrite, rewrite};
pub use run::{MalformedStack, OptLevel, Run, Stack};
pub use schema::json_schema;

use std::collections::BTreeSet;

use error::Source;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
pub use toml::Spanned;

/// A whole `pipeline.toml`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// What the pipeline is called and where its shared WIT lies.
    pub pipeline: Pipeline,
    /// The components, by name, in the order of the file.
    #[serde(default, rename = "component")]
    #[schemars(with = "IndexMap<String, Component>")]
    pub components: IndexMap<Spanned<String>, Component>,
    /// Functions of the composed component that call others one after the other.
    #[serde(default, rename = "flow")]
    #[schemars(with = "IndexMap<String, Flow>")]
    pub flows: IndexMap<Spanned<String>, Flow>,
    /// Explicit links: `"component/import" = "component"` or `"component/export"`.
    #[serde(default, rename = "link")]
    #[schemars(with = "IndexMap<String, String>")]
    pub links: IndexMap<Spanned<ImportEnd>, Spanned<ExportEnd>>,
    /// How the components become one.
    #[serde(default)]
    pub compose: Compose,
    /// WIT packages that come from elsewhere, by name (`"namespace:name"`): a version, or a table.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, Dependency>")]
    pub wit_dependencies: IndexMap<Spanned<PackageRef>, Dependency>,
    /// The registry of each namespace of WIT: `host`, `host:port` or `host/prefix`.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, String>")]
    pub wit_registries: IndexMap<Spanned<String>, Spanned<Registry>>,
    /// What the composed component may touch; nothing unless it stands here.
    #[serde(default)]
    pub grants: Grants,
    /// What it may use up.
    #[serde(default)]
    pub limits: Limits,
    /// How it is compiled and run.
    #[serde(default)]
    pub run: Run,
    /// Calls and what is expected of them.
    #[serde(default, rename = "check", deserialize_with = "check::placed")]
    pub checks: Vec<Check>,
    /// Components that implement one interface, held against each other.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, Interop>")]
    pub interop: IndexMap<Spanned<String>, Interop>,
    /// Overrides for single toolchains, by the toolchain's name.
    #[serde(default, rename = "toolchain")]
    #[schemars(with = "IndexMap<String, ToolchainOverride>")]
    pub toolchains: IndexMap<Spanned<String>, ToolchainOverride>,
    /// The text that this was parsed from, for diagnostics about it.
    #[serde(skip)]
    source: Source,
}

/// `[pipeline]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pipeline {
    /// The pipeline's name; the composed file is called `NAME.wasm`.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// The pipeline's own version, for people.
    #[serde(default)]
    pub version: Option<String>,
    /// The directory of the WIT packages that the components share, relative to the manifest.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub wit: Option<Spanned<String>>,
    /// The directory that the composed component is left in, relative to the manifest; without
    /// it, `target/poly`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub output: Option<Spanned<String>>,
    /// Whether `build` and `run` install the tools that are missing.
    #[serde(default = "yes")]
    pub install: bool,
}

/// `[component.NAME]`: one unit in one language.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Component {
    /// Its directory, relative to the manifest, at or below the manifest's own directory.
    #[schemars(with = "String")]
    pub path: Spanned<String>,
    /// The toolchain that builds it.
    #[schemars(with = "String")]
    pub toolchain: Spanned<String>,
    /// The WIT world that it implements.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub world: Option<Spanned<String>>,
    /// WIT of its own, instead of the pipeline's, relative to the manifest.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub wit: Option<Spanned<String>>,
    /// How it is compiled.
    #[serde(default)]
    pub profile: Profile,
    /// Files beyond the toolchain's own input globs that its build reads: globs relative to
    /// the manifest.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub inputs: Vec<Spanned<String>>,
    /// Options that the toolchain declares.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, String>")]
    pub options: IndexMap<Spanned<String>, Spanned<String>>,
    /// The names of its instances, each with a state of its own, by which links and flows call
    /// them; without it, there is one, of the component's own name.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub instances: Vec<Spanned<String>>,
    /// How many of the jobs that run side by side its build counts as; one that counts as more
    /// than there may be runs alone.
    #[serde(default)]
    pub weight: Count<1, 1000>,
    /// A name of your choice: of the components that share it, one builds at a time.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub exclusive: Option<Spanned<String>>,
    /// How often a build that failed is tried again.
    #[serde(default)]
    pub retries: Count<0, 100>,
    /// How long the steps of its build may take together; without it, as long as they like.
    #[serde(default)]
    pub timeout: Option<Timeout>,
    /// Why two builds of it are not the same bytes; `poly build --verify` tells it and does not fail.
    #[serde(default)]
    pub varies: Option<String>,
}

/// How a component is compiled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Small and without names.
    #[default]
    Release,
    /// With names and line numbers.
    Debug,
}

/// `[compose]`: how the components become one.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Compose {
    /// The library that writes the composed component.
    pub engine: Engine,
}

/// A library that writes the composed component.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// wasm-compose where it can express the wiring, else wac-graph.
    #[default]
    Auto,
    /// wasm-compose's graph.
    WasmCompose,
    /// wac-graph.
    WacGraph,
}

/// `[toolchain.NAME]`: what this pipeline does otherwise than the toolchain's file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ToolchainOverride {
    /// Executables to use, by the tool's name: a path relative to the manifest, or absolute.
    #[schemars(with = "IndexMap<String, String>")]
    pub tools: IndexMap<Spanned<String>, Spanned<String>>,
    /// Environment variables set for every step.
    pub env: IndexMap<String, String>,
}

/// Where, below its directory, a manifest has toolchains of its own.
pub const TOOLCHAINS: &str = "toolchains";

/// Where, below the manifest's directory, poly keeps what is its own of a pipeline, and, unless
/// the manifest says otherwise, what it makes.
pub const WORK_DIRECTORY: &str = "target/poly";

impl Manifest {
    /// Places below the manifest's directory that the next build is made of, in normal form: whoever
    /// writes there says what runs on this machine. A component in that very directory has none.
    pub fn sources(&self) -> BTreeSet<String> {
        let components = self.components.values();
        let wit = components.clone().filter_map(|component| component.wit.as_ref());
        let named = components.map(|component| &component.path).chain(wit);
        let named = named.chain(&self.pipeline.wit).map(|path| path.get_ref().as_str());
        let all = named.chain([TOOLCHAINS, ".git", WORK_DIRECTORY]).filter_map(normal);
        all.filter(|path| !path.is_empty()).collect()
    }

    /// What takes part in the composition: each instance with the component that it is of, in
    /// the order of the file.
    pub fn instances(&self) -> impl Iterator<Item = (&str, &str)> {
        self.components.iter().flat_map(|(component, settings)| {
            let component = component.get_ref().as_str();
            let own = settings.instances.is_empty().then_some(component);
            let named = settings.instances.iter().map(|name| name.get_ref().as_str());
            own.into_iter().chain(named).map(move |instance| (instance, component))
        })
    }

    /// Whether fuel must be counted, for a limit or for a check.
    pub fn counts_fuel(&self) -> bool {
        self.limits.fuel.is_some() || self.checks.iter().any(Check::counts_fuel)
    }

    /// Where an instance has its name from, if there is one so called.
    pub fn place_of(&self, instance: &str) -> Option<std::ops::Range<usize>> {
        let named = self.components.values().flat_map(|component| &component.instances);
        let own = self.components.keys();
        named.chain(own).find(|name| name.get_ref() == instance).map(Spanned::span)
    }
}

fn yes() -> bool {
    true
}

//! The shape of a toolchain's TOML file. What it means is checked in `parse`.

use indexmap::IndexMap;
use serde::Deserialize;
use toml::Spanned;

use super::definition::{
    Archive, Generator, OptionDeclaration, Produces, Resolve, SourceDirectory, Variant,
};

/// A text with its place in the file.
pub(super) type Text = Spanned<String>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ToolchainFile {
    pub(super) name: Text,
    pub(super) about: String,
    pub(super) language: String,
    pub(super) produces: Produces,
    pub(super) reproducible: bool,
    #[serde(default)]
    pub(super) varies: Option<String>,
    #[serde(default)]
    pub(super) debug_varies: Option<String>,
    pub(super) inputs: Vec<Text>,
    #[serde(default)]
    pub(super) exclude: Vec<Text>,
    #[serde(default)]
    pub(super) sources: IndexMap<String, SourceDirectory>,
    #[serde(default)]
    pub(super) settings: Vec<Text>,
    #[serde(default)]
    pub(super) tool: IndexMap<Text, ToolFile>,
    #[serde(default)]
    pub(super) environment: EnvironmentFile,
    #[serde(default)]
    pub(super) options: IndexMap<String, OptionDeclaration>,
    #[serde(default)]
    pub(super) files: IndexMap<Text, String>,
    #[serde(default)]
    pub(super) generate: IndexMap<Text, Generator>,
    #[serde(default)]
    pub(super) flags: FlagsFile,
    pub(super) step: Vec<StepFile>,
    #[serde(default)]
    pub(super) output: OutputFile,
    #[serde(default)]
    pub(super) self_test: Option<SelfTestFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ToolFile {
    #[serde(default)]
    pub(super) find: Vec<String>,
    #[serde(default)]
    pub(super) version: Option<Vec<String>>,
    pub(super) accept: Text,
    #[serde(default)]
    pub(super) install_version: Option<String>,
    #[serde(default)]
    pub(super) resolve: Option<Resolve>,
    #[serde(default)]
    pub(super) from: Option<Text>,
    #[serde(default)]
    pub(super) variant: Vec<Variant>,
    #[serde(default)]
    pub(super) witness: Vec<Text>,
    #[serde(default)]
    pub(super) identity: Vec<Text>,
    #[serde(default)]
    pub(super) install: Vec<Spanned<WayFile>>,
    #[serde(default)]
    pub(super) otherwise: Option<String>,
}

/// One `[[tool.NAME.install]]`: the keys of all ways, of which each takes its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WayFile {
    pub(super) way: WayName,
    pub(super) target: Option<String>,
    pub(super) packages: Option<Vec<Text>>,
    #[serde(rename = "crate")]
    pub(super) crate_name: Option<String>,
    pub(super) locked: Option<bool>,
    pub(super) package: Option<String>,
    pub(super) module: Option<String>,
    pub(super) platforms: Option<IndexMap<String, Archive>>,
    pub(super) strip: Option<u32>,
    pub(super) bin: Option<String>,
    pub(super) helper: Option<Text>,
    pub(super) script: Option<Text>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WayName {
    RustupTarget,
    Python,
    Cargo,
    Go,
    Archive,
    Helper,
    Script,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct EnvironmentFile {
    pub(super) hash: Vec<String>,
    pub(super) pass: Vec<String>,
    pub(super) set: IndexMap<String, Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct FlagsFile {
    pub(super) release: IndexMap<Text, Vec<Text>>,
    pub(super) debug: IndexMap<Text, Vec<Text>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct StepFile {
    pub(super) name: String,
    pub(super) run: Spanned<Vec<Text>>,
    #[serde(default)]
    pub(super) hints: IndexMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct OutputFile {
    pub(super) path: Text,
}

impl Default for OutputFile {
    fn default() -> Self {
        Self { path: Spanned::new(0..0, "{output}".to_owned()) }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct SelfTestFile {
    pub(super) files: IndexMap<Text, String>,
    #[serde(default)]
    pub(super) options: IndexMap<Text, String>,
}

//! `poly doctor`: each tool: found where, which version, accepted or not, and what to do.
//! Exits with 1 if a tool is missing, so that a script can ask.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use miette::Diagnostic as _;
use serde::Serialize;

use super::context::Context;
use super::{CommandError, Ending};
use crate::build::{Project, Provision};
use crate::toolchain::{Catalog, FoundTool, Toolchain, Tools};

/// A tool that will do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) variant: Option<String>,
}

impl From<FoundTool> for Found {
    fn from(tool: FoundTool) -> Self {
        Self { path: tool.path, version: tool.version, variant: tool.variant }
    }
}

/// One tool of one toolchain.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Diagnosis {
    pub(super) toolchain: String,
    pub(super) tool: String,
    /// Where it is, if it was found and accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) found: Option<Found>,
    /// Where it was looked for, and why that was not it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) refused: Vec<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remedy: Option<String>,
}

pub(super) fn run(context: &Context<'_>) -> Result<Ending, CommandError> {
    let project = context.project_if_any()?;
    let embedded = Catalog::embedded();
    let catalog = project.as_ref().map_or(&embedded, |project| &project.catalog);
    let tell = |event| context.report.event(&event);
    let provision = context.provision(&tell);
    let mut missing = 0;
    for name in names(project.as_ref(), catalog) {
        let toolchain = catalog.get(&name).expect("a name of this catalog");
        for diagnosis in diagnose(&provision, toolchain, project.as_ref())? {
            missing += usize::from(diagnosis.found.is_none());
            context.report.answer("tool", &diagnosis, &text(&diagnosis));
        }
    }
    provision.save();
    Ok(if missing == 0 { Ending::Well } else { Ending::Failed })
}

/// The toolchains that the pipeline uses, or all, in order.
pub(super) fn names(project: Option<&Project>, catalog: &Catalog) -> Vec<String> {
    let Some(project) = project else { return catalog.names().map(str::to_owned).collect() };
    let mut names: Vec<String> = Vec::new();
    for component in project.manifest.components.values() {
        if !names.contains(component.toolchain.get_ref()) {
            names.push(component.toolchain.get_ref().clone());
        }
    }
    names
}

/// Looks for each tool of a toolchain, as a build would.
pub(super) fn diagnose(
    provision: &Provision<'_>,
    toolchain: &Toolchain,
    project: Option<&Project>,
) -> Result<Vec<Diagnosis>, CommandError> {
    let Tools { found, missing } = provision.look(toolchain, project)?;
    let mut diagnoses: BTreeMap<String, Diagnosis> = BTreeMap::new();
    let blank = |tool: &str| Diagnosis {
        toolchain: toolchain.name.clone(),
        tool: tool.to_owned(),
        found: None,
        refused: Vec::new(),
        remedy: None,
    };
    for (name, found) in found {
        diagnoses.insert(name.clone(), Diagnosis { found: Some(found.into()), ..blank(&name) });
    }
    for missing in missing {
        let refused = missing.candidates.iter();
        let refused = refused
            .map(|candidate| format!("`{}` {}", candidate.path.display(), candidate.refusal))
            .collect();
        let remedy = missing.help().map(|help| help.to_string());
        let told = Diagnosis { refused, remedy, ..blank(&missing.tool) };
        diagnoses.insert(missing.tool, told);
    }
    Ok(toolchain.tools.keys().filter_map(|name| diagnoses.remove(name)).collect())
}

fn text(diagnosis: &Diagnosis) -> String {
    let what = format!("{:16} {:16}", diagnosis.toolchain, diagnosis.tool);
    if let Some(found) = &diagnosis.found {
        let variant = found.variant.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        return format!("ok       {what} {:10} {}{variant}", found.version, found.path.display());
    }
    let mut text = format!("missing  {what}");
    for refused in &diagnosis.refused {
        let _ = write!(text, "\n           {refused}");
    }
    if let Some(remedy) = &diagnosis.remedy {
        let _ = write!(text, "\n           remedy: {remedy}");
    }
    text
}

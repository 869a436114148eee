//! `poly toolchain`: what poly knows how to build with, and the tools that this needs.

use std::fmt::Write as _;
use std::fs;

use serde::Serialize;

use super::context::Context;
use super::doctor::{diagnose, names};
use super::sandbox::Sandbox;
use super::{CommandError, Ending};
use crate::build::{Project, clean_builds};
use crate::check::Call;
use crate::cli::ToolchainCommand;
use crate::nearest::suggestion;
use crate::toolchain::{Catalog, SelfTest, Toolchain};

pub(super) fn run(
    context: &Context<'_>,
    command: &ToolchainCommand,
) -> Result<Ending, CommandError> {
    match command {
        ToolchainCommand::List => list(context),
        ToolchainCommand::Install { names } => install(context, names),
        ToolchainCommand::Path => Ok(path(context)),
        ToolchainCommand::Test { names } => test(context, names),
    }
}

#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    about: &'a str,
    language: &'a str,
    /// Whether equal inputs give equal bytes.
    reproducible: bool,
    missing: Vec<String>,
}

fn list(context: &Context<'_>) -> Result<Ending, CommandError> {
    let project = context.project_if_any()?;
    let embedded = Catalog::embedded();
    let catalog = project.as_ref().map_or(&embedded, |project| &project.catalog);
    let tell = |event| context.report.event(&event);
    let provision = context.provision(&tell);
    for name in catalog.names() {
        let toolchain = catalog.get(name).expect("a name of this catalog");
        let diagnoses = diagnose(&provision, toolchain, project.as_ref())?;
        let missing: Vec<String> = diagnoses
            .into_iter()
            .filter(|diagnosis| diagnosis.found.is_none())
            .map(|diagnosis| diagnosis.tool)
            .collect();
        let state = if missing.is_empty() {
            "ready".to_owned()
        } else {
            format!("missing: {}", missing.join(", "))
        };
        let Toolchain { about, language, reproducible, .. } = toolchain;
        let bytes = if *reproducible { "" } else { "; builds differ in their bytes" };
        let text = format!("{name:18} {about:44} {state}{bytes}");
        let listed = Listed { name, about, language, reproducible: *reproducible, missing };
        context.report.answer("toolchain", &listed, &text);
    }
    provision.save();
    Ok(Ending::Well)
}

fn install(context: &Context<'_>, asked: &[String]) -> Result<Ending, CommandError> {
    let project = context.project_if_any()?;
    let embedded = Catalog::embedded();
    let catalog = project.as_ref().map_or(&embedded, |project| &project.catalog);
    let tell = |event| context.report.event(&event);
    let provision = context.provision(&tell);
    for toolchain in chosen(project.as_ref(), catalog, asked)? {
        let provided = provision.provide(toolchain, project.as_ref(), true, &|| {})?;
        for tool in provided.found.values() {
            let what = format!("{} {} in {}", tool.name, tool.version, tool.path.display());
            context.report.done("ready", &what);
        }
    }
    provision.save();
    Ok(Ending::Well)
}

fn path(context: &Context<'_>) -> Ending {
    let path = context.home().join("tools").display().to_string();
    context.report.answer("path", &path, &path);
    Ending::Well
}

/// Builds and calls the smallest component of each toolchain, in a directory of its own.
fn test(context: &Context<'_>, asked: &[String]) -> Result<Ending, CommandError> {
    let project = context.project_if_any()?;
    let embedded = Catalog::embedded();
    let catalog = project.as_ref().map_or(&embedded, |project| &project.catalog);
    let mut failed = 0;
    for toolchain in chosen(project.as_ref(), catalog, asked)? {
        let Some(self_test) = &toolchain.self_test else {
            context.report.note(&format!("toolchain `{}` has no self-test", toolchain.name));
            continue;
        };
        let directory = self_test_pipeline(toolchain, self_test)?;
        let manifest = directory.path().join("pipeline.toml");
        let project = Project::open_with(&manifest, catalog.clone())?;
        let context = &context.unlocked();
        let built = context.build(&project, true);
        // Nobody will build this checkout again.
        let _ = clean_builds(&context.builds(&project), || {});
        let built = built?;
        let outcome =
            Sandbox::open(context, &project, &built)?.call(&Call::parse(SELF_TEST_CALL)?)?;
        let passed = outcome.ending.to_string() == SELF_TEST_ANSWER;
        failed += usize::from(!passed);
        let what = format!("{}: {SELF_TEST_CALL} → {}", toolchain.name, outcome.ending);
        context.report.done(if passed { "passed" } else { "failed" }, &what);
    }
    Ok(if failed == 0 { Ending::Well } else { Ending::Failed })
}

const SELF_TEST_WIT: &str = "package poly:self-test;\n\nworld greeter {\n    \
    /// Answers \"hello, NAME\".\n    export greet: func(name: string) -> string;\n}\n";
const SELF_TEST_CALL: &str = "greet(\"poly\")";
const SELF_TEST_ANSWER: &str = "\"hello, poly\"";

/// A pipeline of one component: the toolchain's own self-test.
fn self_test_pipeline(
    toolchain: &Toolchain,
    self_test: &SelfTest,
) -> Result<tempfile::TempDir, CommandError> {
    let failed = |source| CommandError::System {
        doing: "write the self-test to",
        path: std::env::temp_dir(),
        source,
    };
    let directory = tempfile::tempdir().map_err(failed)?;
    let mut manifest = "[pipeline]\nname = \"self-test\"\nwit = \"wit\"\n\n".to_owned();
    let _ = write!(
        manifest,
        "[component.greeter]\npath = \".\"\ntoolchain = \"{}\"\nworld = \"greeter\"\n",
        toolchain.name
    );
    if !self_test.options.is_empty() {
        manifest.push_str("\n[component.greeter.options]\n");
    }
    for (name, value) in &self_test.options {
        let _ = writeln!(manifest, "{name} = {value:?}");
    }
    let mut files = vec![
        ("pipeline.toml".to_owned(), manifest.as_str()),
        ("wit/world.wit".to_owned(), SELF_TEST_WIT),
    ];
    for (name, text) in &self_test.files {
        files.push((name.clone(), text));
    }
    for (name, text) in files {
        let path = directory.path().join(name);
        let parent = path.parent().expect("a file below the temporary directory");
        fs::create_dir_all(parent).and_then(|()| fs::write(&path, text)).map_err(failed)?;
    }
    Ok(directory)
}

fn chosen<'c>(
    project: Option<&Project>,
    catalog: &'c Catalog,
    asked: &[String],
) -> Result<Vec<&'c Toolchain>, CommandError> {
    let asked = if asked.is_empty() { names(project, catalog) } else { asked.to_vec() };
    let known: Vec<&str> = catalog.names().collect();
    let find = |name: &String| {
        catalog.get(name).ok_or_else(|| CommandError::UnknownToolchain {
            name: name.clone(),
            nearest: suggestion(name, known.clone(), "the toolchains are"),
        })
    };
    asked.iter().map(find).collect()
}

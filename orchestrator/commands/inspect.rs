//! `poly inspect`: what a WebAssembly file, or a component of the pipeline, really is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::{CommandError, Ending};
use crate::build::Driver;
use crate::component::inspect::{self, Inspection, Kind, Nested, Section};
use crate::nearest::quoted;
use crate::report::human;
use crate::report::tree::{self, Branch};

pub(super) fn run(context: &Context<'_>, what: &str) -> Result<Ending, CommandError> {
    let path = find(context, what)?;
    let bytes = fs::read(&path).map_err(|source| CommandError::System {
        doing: "read",
        path: path.clone(),
        source,
    })?;
    let inspection = inspect::inspect(&bytes)?;
    context.report.answer("inspected", &inspection, &text(&path, &inspection));
    Ok(Ending::Well)
}

/// A file, or the adapted file of a component that was built.
pub(super) fn find(context: &Context<'_>, what: &str) -> Result<PathBuf, CommandError> {
    let named = PathBuf::from(what);
    if named.is_file() {
        return Ok(named);
    }
    let nothing = |help: String| CommandError::NothingToInspect { what: what.to_owned(), help };
    let Some(project) = context.project_if_any()? else {
        return Err(nothing(
            "name a `.wasm` file, or run poly where a `pipeline.toml` is".to_owned(),
        ));
    };
    if project.manifest.components.contains_key(what) {
        let tell = |event| context.report.event(&event);
        let built = Driver::open(&project, context.options(&project), &tell)?.adapted(what)?;
        let not_yet = || nothing(format!("`{what}` is not built yet: run `poly build`"));
        return built.ok_or_else(not_yet);
    }
    let known = project.manifest.components.keys().map(|name| name.get_ref().as_str());
    Err(nothing(format!("the components of this pipeline are {}", quoted(known))))
}

fn text(path: &Path, inspection: &Inspection) -> String {
    let kind = match inspection.kind {
        Kind::Module => "core module",
        Kind::Component => "component",
    };
    let size = human::size(inspection.size as u64);
    let mut text = format!("{}: {kind}, {size}\n", path.display());
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = write!(text, "\n{title}\n  {}\n", lines.join("\n  "));
        }
    };
    list(
        "world",
        inspection.world.iter().flat_map(|world| world.lines()).map(str::to_owned).collect(),
    );
    list("imports", inspection.imports.clone());
    list("exports", inspection.exports.clone());
    list("producers", producers(inspection));
    let sections = inspection.sections.iter();
    let section =
        |section: &Section| format!("{:>10}  {}", human::size(section.size as u64), section.name);
    list("sections", sections.map(section).collect());
    if !inspection.nested.is_empty() {
        let _ = write!(text, "\nnested\n{}", tree::draw(&branches(&inspection.nested)));
    }
    text
}

/// What is nested, each with its size, who wrote it, and how much goes in and out.
fn branches(nested: &[Nested]) -> Vec<Branch> {
    let rows: Vec<_> = nested
        .iter()
        .enumerate()
        .map(|(index, nested)| {
            let kind = match nested.kind {
                Kind::Module => "module",
                Kind::Component => "component",
            };
            let name = nested.name.clone().unwrap_or_else(|| format!("({index})"));
            let number = |names: &[String], one: &str| match names.len() {
                1 => format!("1 {one}"),
                number => format!("{number} {one}s"),
            };
            let languages = nested.producers.get("language").into_iter().flat_map(BTreeMap::keys);
            [
                format!("{kind} {name}"),
                format!("{:>8}", human::size(nested.size as u64)),
                number(&nested.imports, "import"),
                number(&nested.exports, "export"),
                languages.map(String::as_str).collect::<Vec<_>>().join(", "),
            ]
        })
        .collect();
    let lines = tree::columns(&rows).into_iter().zip(nested);
    lines.map(|(line, nested)| Branch::new(line, branches(&nested.nested))).collect()
}

fn producers(inspection: &Inspection) -> Vec<String> {
    let fields = inspection.producers.iter();
    let line = |(field, names): (&String, &BTreeMap<String, String>)| {
        let names =
            names.iter().map(|(name, version)| format!("{name} {version}").trim_end().to_owned());
        format!("{field}: {}", names.collect::<Vec<_>>().join(", "))
    };
    fields.map(line).collect()
}

//! A pipeline's composition, drawn: one file for each format.
//!
//! | file | format |
//! |---|---|
//! | `tree` | lines for a terminal |
//! | `dot` | Graphviz: <https://graphviz.org/doc/info/lang.html> |
//! | `mermaid` | a Mermaid flowchart: <https://mermaid.js.org/syntax/flowchart.html> |
//! | `svg`, `place` | a picture, and where in it everything lies |
//!
//! JSON is [`Graph`] itself. In all pictures an arrow reads `needs` or `calls`: it leads from who
//! imports to who exports. The arrows of a flow go the way of the data, from stage to stage.

mod dot;
mod mermaid;
mod place;
mod svg;
mod tree;

use crate::cli::GraphFormat;
use crate::component::compose::Choice;
use crate::component::graph::{Component, Flow, Graph, LeftoverGroup, Stage};
use crate::component::wiring::{Link, Reason};

use super::human;
pub(super) use svg::escaped;

/// The graph in one of the formats.
///
/// # Panics
///
/// Never: everything in a graph can be written as JSON.
pub fn render(graph: &Graph, format: GraphFormat) -> String {
    match format {
        GraphFormat::Tree => tree::render(graph),
        GraphFormat::Dot => dot::render(graph),
        GraphFormat::Mermaid => mermaid::render(graph),
        GraphFormat::Svg => svg::render(graph),
        GraphFormat::Json => {
            serde_json::to_string_pretty(graph).expect("a graph is made of plain data") + "\n"
        }
    }
}

/// `3 components, 18.4 MB`.
fn extent(graph: &Graph) -> String {
    let number = graph.components.len();
    let components = if number == 1 { "component" } else { "components" };
    let size = graph.components.iter().map(|component| component.size).sum();
    format!("{number} {components}, {}", human::size(size))
}

/// Who composes, or why nobody can.
fn composer(graph: &Graph) -> Option<String> {
    match (&graph.composer, &graph.problem) {
        (Some(Choice { engine, why }), _) => Some(format!("composed by {engine}, because {why}")),
        (None, Some(problem)) => Some(format!("not composed: {problem}")),
        (None, None) => None,
    }
}

/// What is said of a part below its name: of which component, in what, and how large.
fn particulars(part: &str, component: &Component) -> String {
    let instance =
        if part == component.name { String::new() } else { format!("{} · ", component.name) };
    format!("{instance}{} · {}", component.language, human::size(component.size))
}

/// The calls of a part that no arrow leads to, because there is no data that goes to them.
fn calls_with_constants(graph: &Graph, part: &str) -> Vec<String> {
    let stages = graph.flows.iter().flat_map(|flow| flow.stages.iter().map(move |of| (flow, of)));
    let calls = stages.filter(|(_, stage)| stage.part == part && stage.takes_constants());
    let told = calls.map(|(flow, stage)| stage_label(graph, flow, stage) + " takes constants");
    told.collect()
}

/// What a stage is called on its arrow; with the flow's name, where there are several.
fn stage_label(graph: &Graph, flow: &Flow, stage: &Stage) -> String {
    let on_error = if stage.on_error { "on error: " } else { "" };
    let call = format!("{} {on_error}{}", stage.step, stage.function);
    if graph.flows.len() > 1 { format!("{}: {call}", flow.name) } else { call }
}

/// Why a link is as it is, and what it leads to, if that has another name.
fn reason(link: &Link) -> String {
    match &link.export {
        Some(export) if *export != link.import => format!("to {export}: {}", link.reason),
        _ => link.reason.to_string(),
    }
}

/// The same, for a picture: nothing, where there is nothing to wonder at.
fn notable_reason(link: &Link) -> Option<String> {
    let wonder = link.reason != Reason::ExactName;
    wonder.then(|| reason(link))
}

/// Who wants what is left, as a list.
fn wanted_by(graph: &Graph, group: &LeftoverGroup<'_>) -> String {
    match group.wanted_by[..] {
        [] => "the flows".to_owned(),
        [_, _, ..] if group.wanted_by.len() == graph.parts().count() => "every part".to_owned(),
        _ => group.wanted_by.join(", "),
    }
}

/// What every picture says of imports that are left.
const LEFT: &str = "imports that are left";
const ONE_IMPORT: &str = "what is granted to one part is granted to all that want it";

#[cfg(test)]
mod tests;

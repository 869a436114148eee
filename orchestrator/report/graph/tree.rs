//! The composition as lines for a terminal.

use super::{LEFT, ONE_IMPORT, composer, extent, reason, wanted_by};
use crate::component::graph::{Flow, Graph, Offers, Stage};
use crate::report::human;
use crate::report::tree::{Branch, columns, draw};

/// The graph as text, each line ended by a line feed.
pub(super) fn render(graph: &Graph) -> String {
    let parts = [
        Some(Branch::new("components", components(graph))),
        section("links", links(graph)),
        section("flows", graph.flows.iter().map(flow).collect()),
        section("exports", exports(graph)),
        section(&format!("{LEFT}: {ONE_IMPORT}"), left(graph)),
        section("left out: no flow and no link needs them", graph.unused.clone()),
    ];
    let parts: Vec<Branch> = parts.into_iter().flatten().collect();
    let mut text = format!("{}: {}\n", graph.pipeline, extent(graph));
    if let Some(composer) = composer(graph) {
        text += &composer;
        text.push('\n');
    }
    text + &draw(&parts)
}

fn section(title: &str, lines: Vec<impl Into<Branch>>) -> Option<Branch> {
    (!lines.is_empty()).then(|| Branch::new(title, lines))
}

fn components(graph: &Graph) -> Vec<String> {
    let rows: Vec<_> = graph
        .components
        .iter()
        .map(|component| {
            let own = component.instances == [component.name.as_str()];
            let instances =
                if own { String::new() } else { format!("as {}", component.instances.join(", ")) };
            let size = human::size(component.size);
            [
                component.name.clone(),
                component.language.clone(),
                component.toolchain.clone(),
                format!("{size:>8}"),
                instances,
            ]
        })
        .collect();
    columns(&rows)
}

fn links(graph: &Graph) -> Vec<String> {
    let rows: Vec<_> = graph
        .links
        .iter()
        .map(|link| {
            [format!("{} → {}", link.consumer, link.provider), link.import.clone(), reason(link)]
        })
        .collect();
    columns(&rows)
}

fn flow(flow: &Flow) -> Branch {
    let row = |stage: &Stage| {
        let call = format!("{} {}/{}", stage.step, stage.part, stage.function);
        // That each takes of the step before goes without saying.
        let takes = match stage.takes[..] {
            [failed] if stage.on_error => {
                let Stage { part, function, .. } = &flow.stages[failed];
                format!("on an error of {part}/{function}")
            }
            _ if stage.takes_constants() => "takes constants".to_owned(),
            _ => String::new(),
        };
        [call, takes]
    };
    let rows: Vec<_> = flow.stages.iter().map(row).collect();
    Branch::new(flow.name.clone(), columns(&rows))
}

fn exports(graph: &Graph) -> Vec<String> {
    let rows: Vec<_> = graph
        .exports
        .iter()
        .map(|export| {
            let of = match &export.of {
                Offers::Flow(name) => format!("of flow {name}"),
                Offers::Part(name) => format!("of {name}"),
            };
            [export.name.clone(), of]
        })
        .collect();
    columns(&rows)
}

fn left(graph: &Graph) -> Vec<Branch> {
    let groups = graph.left_in_groups();
    groups
        .iter()
        .map(|group| {
            let below =
                [format!("{}", group.given), format!("wanted by {}", wanted_by(graph, group))];
            Branch::new(group.imports.clone(), below)
        })
        .collect()
}

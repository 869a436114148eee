//! What is drawn: boxes with texts, and arrows between them.

use super::line::{Line, wrapped};
use crate::component::graph::{Graph, Offers};
use crate::report::graph::place::{Join, Size};
use crate::report::graph::{
    calls_with_constants, notable_reason, particulars, reason, stage_label,
};

/// How many letters of a name stand on one line.
const LINE: usize = 30;

/// How many interfaces of one arrow are named.
const NAMED: usize = 8;

/// A box.
pub(super) struct Node {
    pub(super) class: &'static str,
    pub(super) lines: Vec<Line>,
}

impl Node {
    pub(super) fn size(&self) -> Size {
        let width = self.lines.iter().map(Line::width).fold(60.0, f64::max);
        let height: f64 = self.lines.iter().map(Line::height).sum();
        Size { width: (width + 28.0).ceil(), height: height + 18.0 }
    }
}

/// An arrow.
pub(super) struct Arrow {
    pub(super) class: &'static str,
    from: usize,
    to: usize,
    pub(super) label: Vec<Line>,
    /// What is told of it when one points at it.
    pub(super) told: Vec<String>,
}

impl Arrow {
    pub(super) fn join(&self) -> Join {
        let width = self.label.iter().map(Line::width).fold(0.0, f64::max);
        let height = self.label.iter().map(Line::height).sum();
        let label = Size { width: (width + 12.0).ceil(), height };
        Join { from: self.from, to: self.to, label: (!self.label.is_empty()).then_some(label) }
    }
}

/// What is drawn as boxes and arrows.
pub(super) struct Drawing {
    pub(super) nodes: Vec<Node>,
    pub(super) arrows: Vec<Arrow>,
}

impl Drawing {
    pub(super) fn of(graph: &Graph) -> Self {
        let parts: Vec<&str> = graph.parts().map(|(part, _)| part).collect();
        let mut drawing = Self { nodes: Vec::new(), arrows: Vec::new() };
        for (part, component) in graph.parts() {
            let mut lines: Vec<Line> = wrapped("name", part, LINE);
            lines.extend(wrapped("muted", &particulars(part, component), LINE + 6));
            for call in calls_with_constants(graph, part) {
                lines.extend(wrapped("code", &call, LINE + 6));
            }
            let unused = graph.unused.iter().any(|name| name == part);
            if unused {
                lines.push(Line::new("muted", "left out: nothing needs it"));
            }
            drawing.nodes.push(Node { class: if unused { "part unused" } else { "part" }, lines });
        }
        let find = |name: &str| parts.iter().position(|part| *part == name);
        drawing.links(graph, find);
        for export in &graph.exports {
            let lines = wrapped("name", &export.name, LINE);
            drawing.nodes.push(Node { class: "export", lines });
            let from = drawing.nodes.len() - 1;
            match &export.of {
                Offers::Part(part) => drawing.arrows.extend(find(part).map(|to| Arrow {
                    class: "needs",
                    from,
                    to,
                    label: Vec::new(),
                    told: vec![format!("{part} exports {}", export.name)],
                })),
                Offers::Flow(name) => drawing.flow(graph, name, from, find),
            }
        }
        drawing
    }

    /// All links from one part to another are one arrow.
    fn links(&mut self, graph: &Graph, find: impl Fn(&str) -> Option<usize>) {
        for link in &graph.links {
            let (Some(from), Some(to)) = (find(&link.consumer), find(&link.provider)) else {
                continue;
            };
            let told = format!(
                "{} imports {} from {}: {}",
                link.consumer,
                link.import,
                link.provider,
                reason(link)
            );
            let known = self.arrows.iter().position(|arrow| (arrow.from, arrow.to) == (from, to));
            let known = known.unwrap_or_else(|| {
                let (label, told) = (Vec::new(), Vec::new());
                self.arrows.push(Arrow { class: "needs", from, to, label, told });
                self.arrows.len() - 1
            });
            let arrow = &mut self.arrows[known];
            arrow.told.push(told);
            if arrow.told.len() <= NAMED {
                arrow.label.extend(wrapped("code", &link.import, LINE));
                let notable = notable_reason(link);
                arrow.label.extend(notable.iter().flat_map(|why| wrapped("muted", why, LINE)));
            }
        }
        for arrow in &mut self.arrows {
            if let Some(more @ 1..) = arrow.told.len().checked_sub(NAMED) {
                arrow.label.push(Line::new("muted", format!("and {more} more")));
            }
        }
    }

    fn flow(
        &mut self,
        graph: &Graph,
        name: &str,
        export: usize,
        find: impl Fn(&str) -> Option<usize>,
    ) {
        for flow in graph.flows.iter().filter(|flow| flow.name == name) {
            for stage in &flow.stages {
                let Some(to) = find(&stage.part) else { continue };
                let mut from: Vec<usize> = stage
                    .takes
                    .iter()
                    .filter_map(|taken| find(&flow.stages[*taken].part))
                    .collect();
                if stage.begins() {
                    from.push(export);
                }
                let text = stage_label(graph, flow, stage);
                for from in from {
                    let label = wrapped("code", &text, LINE);
                    let told = vec![format!(
                        "flow {name}, step {}: {}/{}",
                        stage.step, stage.part, stage.function
                    )];
                    self.arrows.push(Arrow { class: "flow", from, to, label, told });
                }
            }
        }
    }
}

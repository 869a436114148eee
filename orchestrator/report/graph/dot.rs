//! The composition for Graphviz.
//!
//! Every name is a quoted string. In one, a backslash begins an escape and `&` an entity, so both
//! are escaped as the quote is.

use std::fmt::Write as _;

use super::{
    LEFT, ONE_IMPORT, calls_with_constants, composer, extent, notable_reason, particulars, reason,
    stage_label, wanted_by,
};
use crate::component::graph::{Graph, Offers};

/// The graph in the DOT language.
pub(super) fn render(graph: &Graph) -> String {
    let mut dot = Dot(String::new());
    let head = [graph.pipeline.clone(), extent(graph)].into_iter().chain(composer(graph));
    dot.line(0, format_args!("digraph {} {{", quoted(&graph.pipeline)));
    dot.line(
        1,
        format_args!(
            "graph [rankdir=LR, labelloc=t, label={}, fontname=\"sans-serif\"]",
            lines(head)
        ),
    );
    dot.line(1, format_args!("node [shape=box, style=rounded, fontname=\"sans-serif\"]"));
    dot.line(1, format_args!("edge [fontname=\"monospace\", fontsize=10]"));
    for (part, component) in graph.parts() {
        let told = [part.to_owned(), particulars(part, component)].into_iter();
        let label = lines(told.chain(calls_with_constants(graph, part)));
        let unused = graph.unused.iter().any(|name| name == part);
        let look = if unused { ", style=\"rounded,dotted\"" } else { "" };
        dot.line(1, format_args!("{} [label={label}{look}]", id("part", part)));
    }
    for link in &graph.links {
        let (from, to) = (id("part", &link.consumer), id("part", &link.provider));
        let label = lines([link.import.clone()].into_iter().chain(notable_reason(link)));
        let tooltip = quoted(&reason(link));
        dot.line(1, format_args!("{from} -> {to} [label={label}, edgetooltip={tooltip}]"));
    }
    dot.exports(graph);
    dot.flows(graph);
    dot.left(graph);
    dot.line(0, format_args!("}}"));
    dot.0
}

struct Dot(String);

impl Dot {
    fn line(&mut self, depth: usize, line: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.0, "{:indent$}{line}", "", indent = depth * 2);
    }

    fn exports(&mut self, graph: &Graph) {
        for export in &graph.exports {
            let node = id("export", &export.name);
            let label = quoted(&export.name);
            self.line(1, format_args!("{node} [label={label}, shape=cds, style=solid]"));
            if let Offers::Part(part) = &export.of {
                self.line(1, format_args!("{node} -> {}", id("part", part)));
            }
        }
    }

    fn flows(&mut self, graph: &Graph) {
        for flow in &graph.flows {
            for stage in &flow.stages {
                let to = id("part", &stage.part);
                let label = quoted(&stage_label(graph, flow, stage));
                let mut from: Vec<String> =
                    stage.takes.iter().map(|taken| id("part", &flow.stages[*taken].part)).collect();
                if stage.begins() {
                    from.push(id("export", &flow.name));
                }
                for from in from {
                    self.line(1, format_args!("{from} -> {to} [label={label}, style=dashed]"));
                }
            }
        }
    }

    /// One box for the host, with what is granted, and who wants something of it.
    fn left(&mut self, graph: &Graph) {
        let groups = graph.left_in_groups();
        if groups.is_empty() {
            return;
        }
        let mut told = vec![format!("{LEFT}: {ONE_IMPORT}")];
        told.extend(groups.iter().map(|group| {
            format!("{}: {} (wanted by {})", group.imports, group.given, wanted_by(graph, group))
        }));
        // `\l` ends a line that keeps to the left.
        let label: String = told.iter().map(|line| escaped(line) + "\\l").collect();
        self.line(
            1,
            format_args!("\"host\" [shape=note, style=solid, fontsize=10, label=\"{label}\"]"),
        );
        for (part, _) in graph.parts() {
            if graph.left.iter().any(|left| left.wanted_by.iter().any(|name| name == part)) {
                let part = id("part", part);
                self.line(1, format_args!("{part} -> \"host\" [style=dotted, arrowhead=open]"));
            }
        }
    }
}

/// The identifier of a node: two of different kinds may have one name.
fn id(kind: &str, name: &str) -> String {
    quoted(&format!("{kind} {name}"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Lines one below the other in one label.
fn lines(lines: impl IntoIterator<Item = String>) -> String {
    let lines: Vec<String> = lines.into_iter().map(|line| escaped(&line)).collect();
    format!("\"{}\"", lines.join("\\n"))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '&' => escaped.push_str("&amp;"),
            _ if character.is_control() => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

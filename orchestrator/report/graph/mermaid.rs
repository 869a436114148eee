//! The composition as a Mermaid flowchart, which code hosts draw where Markdown has it.
//!
//! Nodes are called `p0`, `p1`, ..., so that no name of a part is taken for a keyword. Texts
//! stand in quotes, in which Mermaid knows entities without `&`: `#quot;`, `#35;`.

use std::fmt::Write as _;

use super::{
    LEFT, ONE_IMPORT, calls_with_constants, composer, extent, notable_reason, particulars,
    stage_label, wanted_by,
};
use crate::component::graph::{Graph, Offers};

/// The graph as the text of a Mermaid diagram.
pub(super) fn render(graph: &Graph) -> String {
    let mut text = String::new();
    let head = [graph.pipeline.clone(), extent(graph)].into_iter().chain(composer(graph));
    for line in head {
        // A comment ends with its line; `%%{` would begin a directive.
        let _ =
            writeln!(text, "%% {}", line.replace(char::is_control, " ").replace(['{', '}'], ""));
    }
    text.push_str("flowchart LR\n");
    let parts: Vec<_> = graph.parts().collect();
    let id = |name: &str| {
        let found = parts.iter().position(|(part, _)| *part == name);
        found.map_or_else(String::new, |index| format!("p{index}"))
    };
    let mut line = |line: String| {
        let _ = writeln!(text, "  {line}");
    };
    for (part, component) in &parts {
        let told = [(*part).to_owned(), particulars(part, component)].into_iter();
        let label = label(told.chain(calls_with_constants(graph, part)));
        let unused = graph.unused.iter().any(|name| name == part);
        line(format!("{}[{label}]{}", id(part), if unused { ":::unused" } else { "" }));
    }
    for link in &graph.links {
        let label = label([link.import.clone()].into_iter().chain(notable_reason(link)));
        line(format!("{} -->|{label}| {}", id(&link.consumer), id(&link.provider)));
    }
    for (index, export) in graph.exports.iter().enumerate() {
        line(format!("e{index}([{}])", label([export.name.clone()])));
        if let Offers::Part(part) = &export.of {
            line(format!("e{index} --> {}", id(part)));
        }
    }
    for flow in &graph.flows {
        let export =
            graph.exports.iter().position(|export| export.of == Offers::Flow(flow.name.clone()));
        for stage in &flow.stages {
            let label = label([stage_label(graph, flow, stage)]);
            let mut from: Vec<String> =
                stage.takes.iter().map(|taken| id(&flow.stages[*taken].part)).collect();
            from.extend(export.filter(|_| stage.begins()).map(|export| format!("e{export}")));
            for from in from {
                line(format!("{from} -.->|{label}| {}", id(&stage.part)));
            }
        }
    }
    let groups = graph.left_in_groups();
    if !groups.is_empty() {
        let told = groups.iter().map(|group| {
            format!("{}: {} (wanted by {})", group.imports, group.given, wanted_by(graph, group))
        });
        let title = format!("{LEFT}: {ONE_IMPORT}");
        line(format!("host[{}]", label([title].into_iter().chain(told))));
        for (part, _) in &parts {
            if graph.left.iter().any(|left| left.wanted_by.iter().any(|name| name == part)) {
                line(format!("{} -.- host", id(part)));
            }
        }
    }
    if !groups.is_empty() {
        line("style host text-align:left".to_owned());
    }
    if !graph.unused.is_empty() {
        line("classDef unused stroke-dasharray: 2 4".to_owned());
    }
    text
}

/// Lines one below the other, in quotes.
fn label(lines: impl IntoIterator<Item = String>) -> String {
    let lines: Vec<String> = lines.into_iter().map(|line| escaped(&line)).collect();
    format!("\"{}\"", lines.join("<br/>"))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("#quot;"),
            '#' => escaped.push_str("#35;"),
            '&' => escaped.push_str("#amp;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            // Markdown begins with a backtick, and a backslash may escape the quote.
            '`' => escaped.push_str("#96;"),
            '\\' => escaped.push_str("#92;"),
            _ if character.is_control() => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

//! The composition as a picture that stands by itself: no script, no font, no other file. Its
//! colours follow what the viewer prefers, light or dark.
//!
//! How wide a text will be is not known here. It is taken to be wider than the usual fonts of the
//! systems have it, so that nothing is cut off.

mod drawing;
mod line;

use std::fmt::Write as _;

use super::place::{Join, Placed, Size, Way, place};
use super::{ONE_IMPORT, composer, extent, wanted_by};
use crate::component::graph::{Given, Graph};
use drawing::{Arrow, Drawing, Node};
pub(in crate::report) use line::escaped;
use line::{Line, fitted, wrapped};

/// What is free around the picture.
const MARGIN: f64 = 24.0;

const STYLE: &str = "\
text{font:12px system-ui,-apple-system,'Segoe UI','Noto Sans','DejaVu Sans',sans-serif;fill:#1f2328}\
.name{font-size:14px;font-weight:600}.title{font-size:16px;font-weight:600}\
.code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}\
.muted{fill:#59636e}.granted{fill:#1a7f37}.problem{fill:#d1242f}\
.page{fill:#ffffff;stroke:#d1d9e0}.behind{fill:#ffffff}.rule{stroke:#d1d9e0}\
.part{fill:#f6f8fa;stroke:#818b98}.unused{stroke-dasharray:2 4}.export{fill:#ddf4ff;stroke:#0969da}\
.needs{fill:none;stroke:#0969da;stroke-width:1.5}.flow{fill:none;stroke:#8250df;stroke-width:1.5;stroke-dasharray:6 4}\
.needs-head{fill:#0969da}.flow-head{fill:#8250df}\
@media(prefers-color-scheme:dark){\
text{fill:#f0f6fc}.muted{fill:#9198a1}.granted{fill:#3fb950}.problem{fill:#f85149}\
.page{fill:#0d1117;stroke:#3d444d}.behind{fill:#0d1117}.rule{stroke:#3d444d}\
.part{fill:#151b23;stroke:#656c76}.export{fill:#121d2f;stroke:#4493f8}\
.needs{stroke:#4493f8}.flow{stroke:#ab7df8}.needs-head{fill:#4493f8}.flow-head{fill:#ab7df8}}";

/// The graph as an SVG document.
pub(super) fn render(graph: &Graph) -> String {
    let drawing = Drawing::of(graph);
    let sizes: Vec<Size> = drawing.nodes.iter().map(Node::size).collect();
    let joins: Vec<Join> = drawing.arrows.iter().map(Arrow::join).collect();
    let placed = place(&sizes, &joins);
    let head = head(graph);
    let widest = head.iter().map(Line::width).fold(640.0, f64::max);
    let width = placed.size.width.max(widest);
    let mut svg = Svg { text: String::new(), y: MARGIN };
    svg.paragraph(&head, MARGIN);
    svg.y += 16.0;
    let left = MARGIN + (width - placed.size.width) / 2.0;
    svg.drawing(&drawing, &sizes, &placed, left);
    svg.y += placed.size.height + 24.0;
    svg.legend(&drawing);
    svg.left(graph, width);
    svg.finish(graph, width + 2.0 * MARGIN)
}

fn head(graph: &Graph) -> Vec<Line> {
    let mut head = vec![Line::new("title", &*graph.pipeline), Line::new("muted", extent(graph))];
    let class = if graph.problem.is_some() { "problem" } else { "muted" };
    head.extend(composer(graph).iter().flat_map(|composer| wrapped(class, composer, 110)));
    head
}

/// The document so far, and where the next thing goes.
struct Svg {
    text: String,
    y: f64,
}

impl Svg {
    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.text, "{element}");
    }

    /// Lines from `x` on, one below the other.
    fn paragraph(&mut self, lines: &[Line], x: f64) {
        for line in lines {
            self.y += line.height();
            let (y, text) = (self.y - 4.0, escaped(&line.text));
            self.add(format_args!(
                "<text class=\"{}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>",
                line.class
            ));
        }
    }

    /// Lines with their middle at `x` and `y`.
    fn centred(&mut self, lines: &[Line], (x, y): (f64, f64)) {
        let height: f64 = lines.iter().map(Line::height).sum();
        let mut y = y - height / 2.0;
        for line in lines {
            y += line.height();
            let (at, text) = (y - 4.5, escaped(&line.text));
            self.add(format_args!(
                "<text class=\"{}\" x=\"{x:.1}\" y=\"{at:.1}\" text-anchor=\"middle\">{text}</text>",
                line.class
            ));
        }
    }

    fn drawing(&mut self, drawing: &Drawing, sizes: &[Size], placed: &Placed, left: f64) {
        let top = self.y;
        self.add(format_args!("<g transform=\"translate({left:.1} {top:.1})\">"));
        for (arrow, way) in drawing.arrows.iter().zip(&placed.joins) {
            self.arrow(arrow, way);
        }
        for ((node, size), (x, y)) in drawing.nodes.iter().zip(sizes).zip(&placed.boxes) {
            let Size { width, height } = size;
            let round = if node.class == "export" { height / 2.0 } else { 8.0 };
            let (left, top) = (x - width / 2.0, y - height / 2.0);
            self.add(format_args!(
                "<rect class=\"{}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{round:.1}\"/>",
                node.class
            ));
            self.centred(&node.lines, (*x, *y));
        }
        self.add(format_args!("</g>"));
    }

    fn arrow(&mut self, arrow: &Arrow, way: &Way) {
        self.add(format_args!("<g><title>{}</title>", escaped(&arrow.told.join("\n"))));
        self.add(format_args!(
            "<path class=\"{class}\" d=\"{}\" marker-end=\"url(#{class}-head)\"/>",
            way.path,
            class = arrow.class
        ));
        if let (Some((x, y)), Some(Size { width, height })) = (way.label, arrow.join().label) {
            let (left, top) = (x - width / 2.0, y - height / 2.0);
            self.add(format_args!(
                "<rect class=\"behind\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
            ));
            self.centred(&arrow.label, (x, y));
        }
        self.add(format_args!("</g>"));
    }

    fn legend(&mut self, drawing: &Drawing) {
        let mut x = MARGIN;
        for (class, text) in
            [("needs", "needs"), ("flow", "flow: where the data goes, and by which call")]
        {
            if drawing.arrows.iter().any(|arrow| arrow.class == class) {
                let y = self.y;
                self.add(format_args!(
                    "<path class=\"{class}\" d=\"M {x:.1} {y:.1} h 34\" marker-end=\"url(#{class}-head)\"/>"
                ));
                let line = Line::new("muted", text);
                self.add(format_args!(
                    "<text class=\"muted\" x=\"{:.1}\" y=\"{:.1}\">{text}</text>",
                    x + 44.0,
                    y + 4.0
                ));
                x += line.width() + 60.0;
            }
        }
        self.y += 12.0;
    }

    /// The imports that are left, as a table.
    fn left(&mut self, graph: &Graph, width: f64) {
        let groups = graph.left_in_groups();
        if groups.is_empty() {
            return;
        }
        self.y += 8.0;
        let (y, right) = (self.y, MARGIN + width);
        self.add(format_args!("<path class=\"rule\" d=\"M {MARGIN:.1} {y:.1} H {right:.1}\"/>"));
        self.y += 8.0;
        self.paragraph(
            &[Line::new("name", "Imports that are left"), Line::new("muted", ONE_IMPORT)],
            MARGIN,
        );
        let columns = [0.36, 0.38, 0.26].map(|share| share * width);
        let room = columns.map(|column| column - 12.0);
        for group in groups {
            self.y += 8.0;
            let top = self.y;
            let class = match group.given {
                Given::Granted(_) => "granted",
                Given::Nothing(_) | Given::Free(_) => "muted",
            };
            let cells = [
                fitted("code", &group.imports, room[0]),
                fitted(class, &group.given.to_string(), room[1]),
                fitted("muted", &format!("wanted by {}", wanted_by(graph, &group)), room[2]),
            ];
            let mut bottom = top;
            let mut x = MARGIN;
            for (lines, column) in cells.iter().zip(columns) {
                self.y = top;
                self.paragraph(lines, x);
                bottom = bottom.max(self.y);
                x += column;
            }
            self.y = bottom;
        }
    }

    fn finish(self, graph: &Graph, width: f64) -> String {
        let height = (self.y + MARGIN).ceil();
        let width = width.ceil();
        let label = escaped(&format!("{}: {}", graph.pipeline, extent(graph)));
        let head = |name: &str| {
            format!(
                "<marker id=\"{name}-head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"10\" \
                 markerHeight=\"10\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">\
                 <path class=\"{name}-head\" d=\"M 0 1 L 10 5 L 0 9 z\"/></marker>"
            )
        };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">\n\
             <style>{STYLE}</style>\n\
             <defs>{}{}</defs>\n\
             <rect class=\"page\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n\
             {}</svg>\n",
            head("needs"),
            head("flow"),
            width - 1.0,
            height - 1.0,
            self.text
        )
    }
}

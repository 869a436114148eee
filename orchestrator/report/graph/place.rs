//! Where everything in the picture lies: boxes in ranks, and the ways of the lines between them.
//!
//! The ranks, and the order and places in them, are the layout library's. It is told of each
//! label as of one more box on its line's way, so that labels get room like everything else.
//! The ways (`way`) are drawn from the points that it leads a line through.

mod way;

use layout::core::base::Orientation;
use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::{Point, Position};
use layout::core::style::StyleAttr;
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;

use way::{Ranks, Rectangle, Stop, path, spread_ends};

/// What is free between boxes of one rank, and between labels, in pixels.
const BETWEEN_BOXES: f64 = 36.0;
const BETWEEN_LABELS: f64 = 20.0;

/// What is free between two ranks: lines that cross them from top to bottom lie flatter.
const RANKS_ACROSS: f64 = 36.0;
const RANKS_DOWN: f64 = 46.0;

/// The widest picture that reads well beside text.
const PAGE: f64 = 1000.0;

/// A width and a height in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A line from one box to another, by their positions in the list of boxes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Join {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The size of its label.
    pub(super) label: Option<Size>,
}

/// Where everything lies; the picture begins at 0, 0.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    /// How large the picture is.
    pub(super) size: Size,
    /// The middle of each box.
    pub(super) boxes: Vec<(f64, f64)>,
    /// Each join.
    pub(super) joins: Vec<Way>,
}

/// The way of a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Way {
    /// As the `d` of an SVG path, from its beginning to its end.
    pub(super) path: String,
    /// The middle of its label.
    pub(super) label: Option<(f64, f64)>,
}

/// Places boxes and joins: from left to right if that fits a page, else in the narrower way.
pub(super) fn place(boxes: &[Size], joins: &[Join]) -> Placed {
    let across = place_in(Orientation::LeftToRight, boxes, joins);
    if across.size.width <= PAGE {
        return across;
    }
    let down = place_in(Orientation::TopToBottom, boxes, joins);
    if down.size.width < across.size.width { down } else { across }
}

fn place_in(orientation: Orientation, boxes: &[Size], joins: &[Join]) -> Placed {
    let mut graph = VisualGraph::new(orientation);
    // The library proves itself right after every line: that takes most of its time.
    graph.dag.set_validate(false);
    let across = orientation.is_left_right();
    let add = |graph: &mut VisualGraph, size: Size, between: f64| {
        let size = Point::new(size.width, size.height);
        let around = if across {
            Point::new(RANKS_ACROSS, between)
        } else {
            Point::new(between, RANKS_DOWN)
        };
        let pos = Position::new(Point::zero(), size, Point::zero(), around);
        let (shape, look) = (ShapeKind::new_box(""), StyleAttr::simple());
        graph.add_node(Element { shape, pos, look, orientation, properties: None })
    };
    let nodes: Vec<_> = boxes.iter().map(|size| add(&mut graph, *size, BETWEEN_BOXES)).collect();
    let mut between = Between { points: vec![Vec::new(); joins.len() * 2] };
    let mut labels = Vec::new();
    let mut forward = Reach::new(boxes.len());
    for (index, join) in joins.iter().enumerate() {
        let label = join.label.map(|size| add(&mut graph, size, BETWEEN_LABELS));
        labels.push(label);
        let mut stations: Vec<_> =
            [Some(nodes[join.from]), label, Some(nodes[join.to])].into_iter().flatten().collect();
        // A line that leads back is placed as one that leads on.
        let back = !forward.add(join.from, join.to);
        if back {
            stations.reverse();
        }
        for (half, pair) in stations.windows(2).enumerate() {
            let half = if back { stations.len() - 2 - half } else { half };
            graph.add_edge(arrow(index * 2 + half, back), pair[0], pair[1]);
        }
    }
    if !nodes.is_empty() {
        graph.do_it(false, false, false, &mut between);
    }
    let rectangle = |node| {
        let (from, to) = graph.pos(node).bbox(false);
        Rectangle { left: from.x, top: from.y, right: to.x, bottom: to.y }
    };
    let boxes: Vec<Rectangle> = nodes.into_iter().map(rectangle).collect();
    let labels: Vec<_> = labels.into_iter().map(|label| label.map(rectangle)).collect();
    drawn(across, boxes, labels, joins, &between.points)
}

/// The picture, moved so that it begins at 0, 0.
fn drawn(
    across: bool,
    boxes: Vec<Rectangle>,
    labels: Vec<Option<Rectangle>>,
    joins: &[Join],
    between: &[Vec<(f64, f64)>],
) -> Placed {
    let all = boxes.iter().chain(labels.iter().flatten()).copied();
    let points = between.iter().flatten().map(|(x, y)| Rectangle::at(*x, *y));
    let bounds = all.chain(points).reduce(Rectangle::with).unwrap_or(Rectangle::at(0.0, 0.0));
    let here = |rectangle: Rectangle| rectangle.moved(-bounds.left, -bounds.top);
    let boxes: Vec<_> = boxes.into_iter().map(here).collect();
    let labels: Vec<_> = labels.into_iter().map(|label| label.map(here)).collect();
    let ranks = Ranks::of(across, boxes.iter().chain(labels.iter().flatten()));
    let mut ways: Vec<Vec<Stop>> = Vec::new();
    for (index, join) in joins.iter().enumerate() {
        let through = |half: usize| {
            let points = between[index * 2 + half].iter();
            points.map(|(x, y)| here(Rectangle::at(*x, *y)))
        };
        let way = [boxes[join.from]].into_iter().chain(through(0)).chain(labels[index]);
        let way = way.chain(through(1)).chain([boxes[join.to]]);
        ways.push(way.map(|rectangle| ranks.stop(rectangle)).collect());
    }
    spread_ends(joins, &mut ways);
    let middle = |rectangle: &Rectangle| rectangle.middle();
    Placed {
        size: Size { width: bounds.right - bounds.left, height: bounds.bottom - bounds.top },
        boxes: boxes.iter().map(middle).collect(),
        joins: ways
            .iter()
            .zip(&labels)
            .map(|(way, label)| Way { path: path(way, across), label: label.as_ref().map(middle) })
            .collect(),
    }
}

/// An arrow that says which half of which join it is, and whether it is placed in reverse.
fn arrow(half: usize, back: bool) -> Arrow {
    let mut arrow = Arrow::simple("");
    arrow.properties = Some(half.to_string());
    if back { arrow.reverse() } else { arrow }
}

/// Which boxes lead to which.
struct Reach(Vec<Vec<usize>>);

impl Reach {
    fn new(boxes: usize) -> Self {
        Self(vec![Vec::new(); boxes])
    }

    /// Adds a line, unless it would close a circle; says whether it did.
    fn add(&mut self, from: usize, to: usize) -> bool {
        let mut seen = vec![false; self.0.len()];
        let mut next = vec![to];
        while let Some(reached) = next.pop() {
            if !std::mem::replace(&mut seen[reached], true) {
                next.extend(&self.0[reached]);
            }
        }
        // One that leads to where it begins is no matter of order.
        let fits = from == to || !seen[from];
        if fits && from != to {
            self.0[from].push(to);
        } else if from != to {
            self.0[to].push(from);
        }
        fits
    }
}

/// Takes from the library's drawing what lies between the ends of each half of a join.
struct Between {
    points: Vec<Vec<(f64, f64)>>,
}

impl RenderBackend for Between {
    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        _dashed: bool,
        (_, forward): (bool, bool),
        _look: &StyleAttr,
        properties: Option<String>,
        _text: &str,
    ) {
        let half = properties.and_then(|half| half.parse::<usize>().ok());
        let Some(points) = half.and_then(|half| self.points.get_mut(half)) else { return };
        let between = path.get(1..path.len() - 1).unwrap_or_default();
        points.extend(between.iter().map(|(_, point)| (point.x, point.y)));
        if !forward {
            points.reverse();
        }
    }

    fn draw_rect(
        &mut self,
        _: Point,
        _: Point,
        _: &StyleAttr,
        _: Option<String>,
        _: Option<usize>,
    ) {
    }
    fn draw_line(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}
    fn draw_circle(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}
    fn draw_text(&mut self, _: Point, _: &str, _: &StyleAttr) {}
    fn create_clip(&mut self, _: Point, _: Point, _: usize) -> ClipHandle {
        0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn overlap(one: Rectangle, other: Rectangle) -> bool {
        one.left < other.right
            && other.left < one.right
            && one.top < other.bottom
            && other.top < one.bottom
    }

    fn around((x, y): (f64, f64), size: Size) -> Rectangle {
        let (width, height) = (size.width / 2.0, size.height / 2.0);
        Rectangle { left: x - width, top: y - height, right: x + width, bottom: y + height }
    }

    fn size() -> impl Strategy<Value = Size> {
        (20..200_u16, 16..80_u16)
            .prop_map(|(width, height)| Size { width: width.into(), height: height.into() })
    }

    fn any_graph() -> impl Strategy<Value = (Vec<Size>, Vec<Join>)> {
        proptest::collection::vec(size(), 1..16).prop_flat_map(|boxes| {
            let any = 0..boxes.len();
            let join = (any.clone(), any, proptest::option::of(size()))
                .prop_map(|(from, to, label)| Join { from, to, label });
            (Just(boxes), proptest::collection::vec(join, 0..24))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        /// Circles, lines that lead back to their box and several lines between two boxes, too.
        #[test]
        fn nothing_lies_on_anything_else_and_all_of_it_in_the_picture((boxes, joins) in any_graph()) {
            for orientation in [Orientation::LeftToRight, Orientation::TopToBottom] {
                let placed = place_in(orientation, &boxes, &joins);
                let labels = placed.joins.iter().zip(&joins);
                let labels = labels.filter_map(|(way, join)| Some(around(way.label?, join.label?)));
                let all: Vec<_> = placed.boxes.iter().zip(&boxes).map(|(at, size)| around(*at, *size)).chain(labels).collect();
                for (index, one) in all.iter().enumerate() {
                    prop_assert!(one.left >= -0.01 && one.right <= placed.size.width + 0.01);
                    prop_assert!(one.top >= -0.01 && one.bottom <= placed.size.height + 0.01);
                    for other in &all[..index] {
                        prop_assert!(!overlap(*one, *other), "{one:?} {other:?}");
                    }
                }
                prop_assert!(placed.joins.iter().all(|way| !way.path.contains("NaN")));
                prop_assert_eq!(placed, place_in(orientation, &boxes, &joins));
            }
        }
    }

    #[test]
    fn nothing_is_placed_nowhere() {
        assert_eq!(place(&[], &[]).size, Size { width: 0.0, height: 0.0 });
    }
}

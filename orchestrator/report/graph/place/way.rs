//! The ways of lines: straight past what is in a rank, in curves from one rank to the next, and
//! beside each other where several meet one box.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Join;

/// How far apart lines meet a box, if it is large enough.
const BETWEEN_ENDS: f64 = 16.0;

/// Something that a line leads from, through or to. `along` is the direction of reading, `aside`
/// the other one.
#[derive(Clone, Copy)]
pub(super) struct Stop {
    /// Where it begins and ends.
    along: (f64, f64),
    /// Where its rank begins and ends.
    rank: (f64, f64),
    /// Where the line meets it.
    aside: f64,
    /// How large it is.
    extent: f64,
}

impl Stop {
    fn is_before(self, other: Self) -> bool {
        self.rank.0 < other.rank.0
    }
}

/// The ranks, each from where it begins to where it ends.
pub(super) struct Ranks {
    across: bool,
    ranks: Vec<(f64, f64)>,
}

impl Ranks {
    /// The library lines up the middles of all that is of one rank.
    pub(super) fn of<'r>(across: bool, rectangles: impl Iterator<Item = &'r Rectangle>) -> Self {
        let mut ranks: Vec<(f64, f64)> = Vec::new();
        for rectangle in rectangles {
            let (from, to) = rectangle.along(across);
            let same = |rank: &&mut (f64, f64)| {
                (f64::midpoint(rank.0, rank.1) - f64::midpoint(from, to)).abs() < 1.0
            };
            match ranks.iter_mut().find(same) {
                Some(rank) => *rank = (rank.0.min(from), rank.1.max(to)),
                None => ranks.push((from, to)),
            }
        }
        Self { across, ranks }
    }

    /// The rectangle in its rank: the one that is nearest.
    pub(super) fn stop(&self, rectangle: Rectangle) -> Stop {
        let middle = |(from, to): (f64, f64)| f64::midpoint(from, to);
        let along = rectangle.along(self.across);
        let distance = |rank: &(f64, f64)| (middle(*rank) - middle(along)).abs();
        let nearest = self.ranks.iter().copied();
        let nearest = nearest.min_by(|one, other| distance(one).total_cmp(&distance(other)));
        let rank = nearest.unwrap_or(along);
        let aside = rectangle.along(!self.across);
        let extent = aside.1 - aside.0;
        // A point has no size of its own: the line goes straight through its rank.
        let along = if extent > 0.0 { along } else { rank };
        Stop { along, rank, aside: middle(aside), extent }
    }
}

/// Lets the lines that meet one side of a box meet it beside each other, in the order in which they
/// come.
pub(super) fn spread_ends(joins: &[Join], ways: &mut [Vec<Stop>]) {
    let mut ends = BTreeMap::<(usize, bool), Vec<(usize, usize)>>::new();
    for (index, (join, way)) in joins.iter().zip(ways.iter()).enumerate() {
        let last = way.len() - 1;
        for (node, end, next) in [(join.from, 0, 1), (join.to, last, last - 1)] {
            let before = way[next].is_before(way[end]);
            ends.entry((node, before)).or_default().push((index, end));
        }
    }
    for mut ends in ends.into_values() {
        let comes_from = |&(index, end): &(usize, usize)| {
            let way: &Vec<Stop> = &ways[index];
            way[if end == 0 { 1 } else { end - 1 }].aside
        };
        ends.sort_by(|one, other| comes_from(one).total_cmp(&comes_from(other)));
        let number = f64::from(u32::try_from(ends.len()).unwrap_or(u32::MAX));
        let mut place = -(number - 1.0) / 2.0;
        for (index, end) in ends {
            let stop = &mut ways[index][end];
            stop.aside += place * BETWEEN_ENDS.min(stop.extent * 0.75 / number);
            place += 1.0;
        }
    }
}

/// A line past all stops: straight within each rank, and in a curve from one to the next.
pub(super) fn path(stops: &[Stop], across: bool) -> String {
    let point = |along: f64, aside: f64| {
        let (x, y) = if across { (along, aside) } else { (aside, along) };
        format!("{x:.1} {y:.1}")
    };
    let mut path = String::new();
    let mut at = String::new();
    // An arrowhead has no direction at the end of a piece of no length.
    let go = |path: &mut String, at: &mut String, how: &str, to: String| {
        if *at != to {
            *path += how;
            *path += &to;
            *at = to;
        }
    };
    for (index, pair) in stops.windows(2).enumerate() {
        let (from, to) = (pair[0], pair[1]);
        let (begin, leave, meet, end) = if from.is_before(to) {
            (from.along.1, from.rank.1, to.rank.0, to.along.0)
        } else {
            (from.along.0, from.rank.0, to.rank.1, to.along.1)
        };
        let begins = match index {
            0 => "M",
            // Behind a label, dashes begin anew.
            _ if from.extent > 0.0 => " M",
            _ => " L",
        };
        go(&mut path, &mut at, begins, point(begin, from.aside));
        go(&mut path, &mut at, " L", point(leave, from.aside));
        let middle = f64::midpoint(leave, meet);
        at = point(meet, to.aside);
        let (first, second) = (point(middle, from.aside), point(middle, to.aside));
        let _ = write!(path, " C{first} {second} {at}");
        go(&mut path, &mut at, " L", point(end, to.aside));
    }
    path
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rectangle {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Rectangle {
    pub(super) fn at(x: f64, y: f64) -> Self {
        Self { left: x, top: y, right: x, bottom: y }
    }

    pub(super) fn middle(self) -> (f64, f64) {
        (f64::midpoint(self.left, self.right), f64::midpoint(self.top, self.bottom))
    }

    /// From where to where it reaches from left to right or, not `across`, from top to bottom.
    fn along(self, across: bool) -> (f64, f64) {
        if across { (self.left, self.right) } else { (self.top, self.bottom) }
    }

    pub(super) fn moved(self, x: f64, y: f64) -> Self {
        let Self { left, top, right, bottom } = self;
        Self { left: left + x, top: top + y, right: right + x, bottom: bottom + y }
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

//! A flame graph that stands by itself: no script, no font, no other file. What a box is, is told
//! when one points at it. Its colours follow what the viewer prefers, light or dark.

use std::borrow::Cow;
use std::fmt::Write as _;

use indexmap::IndexMap;

use super::part_of;
use crate::check::{Frame, Samples};
use crate::report::graph::escaped;

/// The picture's width, the height of a box, and what is free around them.
const WIDTH: f64 = 1200.0;
const ROW: f64 = 18.0;
const MARGIN: f64 = 16.0;
/// The title's height.
const HEAD: f64 = 40.0;
/// A box narrower than this is left out, with all upon it.
const NARROWEST: f64 = 0.5;
/// The width of a letter.
const LETTER: f64 = 7.0;
/// How many colours there are.
const COLOURS: u32 = 6;

const STYLE: &str = "\
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#1f2328}\
.title{font:600 14px system-ui,-apple-system,'Segoe UI',sans-serif}.page{fill:#ffffff}\
rect{stroke:#ffffff;stroke-width:.5}g:hover>rect{stroke:#1f2328}\
.c0{fill:#ffd8a8}.c1{fill:#ffc9c9}.c2{fill:#ffec99}.c3{fill:#d3f9d8}.c4{fill:#d0ebff}.c5{fill:#e5dbff}\
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.page{fill:#0d1117}\
rect{stroke:#0d1117}g:hover>rect{stroke:#f0f6fc}\
.c0{fill:#7a3e00}.c1{fill:#7d2a2a}.c2{fill:#665200}.c3{fill:#1e5b2b}.c4{fill:#134a75}.c5{fill:#46357f}}";

/// A function as it was called from one place, and how often it was seen there.
#[derive(Default)]
struct Node<'s> {
    samples: usize,
    calls: IndexMap<(&'s str, Cow<'s, str>), Node<'s>>,
}

/// Each function as wide as it was often seen, upon the one that called it.
pub fn picture(samples: &Samples, name: &str) -> String {
    let mut root = Node::default();
    for sample in &samples.taken {
        root.samples += 1;
        let mut node = &mut root;
        for frame in sample.stack.iter().map(|index| &samples.frames[*index]) {
            node = node.calls.entry(key(frame)).or_default();
            node.samples += 1;
        }
    }
    let mut boxes = String::new();
    let levels = Drawing { out: &mut boxes, all: root.samples }.upon(&root, 0, MARGIN);
    #[expect(clippy::cast_precision_loss, reason = "no stack is that deep")]
    let height = HEAD + MARGIN + ROW * levels as f64;
    let title = escaped(&format!("{name}: {} samples", root.samples));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"page\" width=\"100%\" height=\"100%\"/>\n\
         <text class=\"title\" x=\"{MARGIN}\" y=\"26\">{title}</text>\n{boxes}</svg>\n"
    )
}

fn key(frame: &Frame) -> (&str, Cow<'_, str>) {
    (part_of(frame), frame.name())
}

/// The boxes so far, and how many samples the whole width stands for.
struct Drawing<'d> {
    out: &'d mut String,
    all: usize,
}

impl Drawing<'_> {
    /// Draws what `node` calls, beginning at `x`, and says how many levels deep all that is.
    fn upon(&mut self, node: &Node<'_>, level: usize, mut x: f64) -> usize {
        let mut levels = level;
        for ((part, function), call) in &node.calls {
            #[expect(clippy::cast_precision_loss, reason = "a share is shown")]
            let share = call.samples as f64 / self.all as f64;
            let width = share * (WIDTH - 2.0 * MARGIN);
            if width >= NARROWEST {
                self.one((part, function), call.samples, (level, x, width, share));
                levels = levels.max(self.upon(call, level + 1, x)).max(level + 1);
            }
            x += width;
        }
        levels
    }

    fn one(
        &mut self,
        (part, function): (&str, &str),
        samples: usize,
        (level, x, width, share): (usize, f64, f64, f64),
    ) {
        #[expect(clippy::cast_precision_loss, reason = "no stack is that deep")]
        let y = HEAD + ROW * level as f64;
        let told = format!("{function} ({part}): {samples} samples, {:.1} %", share * 100.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of letters"
        )]
        let letters = ((width - 6.0) / LETTER).max(0.0) as usize;
        let _ = writeln!(
            self.out,
            "<g><title>{}</title><rect class=\"c{}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{ROW}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
            escaped(&told),
            colour(part),
            x + 3.0,
            y + 13.0,
            escaped(&cut(function, letters)),
        );
    }
}

/// A text of at most so many letters; nothing where it would say nothing.
fn cut(text: &str, letters: usize) -> String {
    match text.chars().count() {
        whole if whole <= letters => text.to_owned(),
        _ if letters < 3 => String::new(),
        _ => text.chars().take(letters - 1).chain(['…']).collect(),
    }
}

/// The same colour for the same part, in every picture.
fn colour(part: &str) -> u32 {
    part.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % COLOURS
}

//! What `tests/cases/compose/mismatch` lists: pairs of interfaces that differ in one thing.

use std::fs;
use std::path::Path;

use super::inputs;
use crate::place::Place;

/// What an interface is wanted to hold, and what it holds.
#[derive(Debug, Clone)]
pub(crate) struct Difference {
    /// Its heading.
    pub(crate) name: String,
    wanted: String,
    offered: String,
}

/// The differences that the case lists.
pub(crate) fn differences(case: &Path) -> Vec<Difference> {
    let text = fs::read_to_string(case.join("differences.txt")).expect("a list");
    let blocks = text.split("\n# ").skip(1);
    blocks
        .map(|block| {
            let mut lines = block.lines();
            let mut after = |key: &str| {
                let line = lines.next().and_then(|line| line.strip_prefix(key));
                line.unwrap_or_else(|| panic!("`{key}` after {block}")).trim().to_owned()
            };
            Difference { name: after(""), wanted: after("wanted"), offered: after("offered") }
        })
        .collect()
}

/// The case with one difference: `part` exports what `root` wants, but for that.
pub(crate) fn place(case: &Path, difference: &Difference) -> Place {
    let place = Place::new().with_fake_tools();
    place.write("pipeline.toml", fs::read(case.join("template.toml")).expect("a manifest"));
    for (name, verb, items) in
        [("root", "import", &difference.wanted), ("part", "export", &difference.offered)]
    {
        let more = if name == "root" { "export run: func();" } else { "" };
        let wit = format!(
            "package demo:case;\ninterface api {{ {items} }}\nworld {name} {{ {verb} api; {more} }}\n"
        );
        place.write(&format!("{name}/world.wit"), wit);
    }
    inputs::fill(&place);
    place
}

//! A tree of lines, as text.

use std::fmt::Write as _;

/// A line, and what stands below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branch {
    text: String,
    below: Vec<Branch>,
}

impl Branch {
    /// A line with these below it.
    pub(crate) fn new(
        text: impl Into<String>,
        below: impl IntoIterator<Item = impl Into<Self>>,
    ) -> Self {
        Self { text: text.into(), below: below.into_iter().map(Into::into).collect() }
    }
}

impl From<String> for Branch {
    fn from(text: String) -> Self {
        Self { text, below: Vec::new() }
    }
}

/// The branches, drawn; each line ends with a line feed.
pub(crate) fn draw(branches: &[Branch]) -> String {
    let mut drawn = String::new();
    draw_below(branches, "", &mut drawn);
    drawn
}

fn draw_below(branches: &[Branch], before: &str, drawn: &mut String) {
    for (index, branch) in branches.iter().enumerate() {
        let last = index + 1 == branches.len();
        let (fork, trunk) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let _ = writeln!(drawn, "{before}{fork}{}", branch.text.trim_end());
        draw_below(&branch.below, &format!("{before}{trunk}"), drawn);
    }
}

/// Rows as lines in which what stands in one column begins at one place.
pub(crate) fn columns<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let widths: [usize; N] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
    });
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).filter(|(_, width)| *width > 0);
        let cells: Vec<String> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trunks_lead_past_what_is_below() {
        let leaf = |text: &str| Branch::from(text.to_owned());
        let tree = [
            Branch::new("a", [Branch::new("b", [leaf("c")]), leaf("d")]),
            Branch::new("e", [leaf("f")]),
        ];
        assert_eq!(draw(&tree), "├─ a\n│  ├─ b\n│  │  └─ c\n│  └─ d\n└─ e\n   └─ f\n");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_and_empty_ones_are_none() {
        let rows =
            [["a", "", "x"], ["long", "", ""], ["é", "", "y"]].map(|row| row.map(String::from));
        assert_eq!(columns(&rows), ["a     x", "long", "é     y"]);
    }
}

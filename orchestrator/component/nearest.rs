//! Names that a mistyped one may have meant.

/// At most three of `known` that resemble `wanted`, the nearest first.
pub(crate) fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    // Short names with two letters swapped share no beginning, which the first measure wants.
    let slips = (wanted.chars().count() / 3).max(1);
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(wanted, name), name))
        .filter(|(score, name)| *score > 0.75 || strsim::damerau_levenshtein(wanted, name) <= slips)
        .collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
    scored.dedup_by(|one, other| one.1 == other.1);
    scored.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// `names` as prose: `` `a`, `b` ``, or `none`.
pub(crate) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// A help line about what a name may have meant: the nearest names, or else all of them.
pub(crate) fn suggestion<'a>(
    wanted: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
    what: &str,
) -> String {
    let near = nearest(wanted, known.clone());
    if near.is_empty() {
        format!("{what}: {}", quoted(known))
    } else {
        format!(
            "did you mean {}?",
            near.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_comes_first_and_strangers_do_not_come_at_all() {
        assert_eq!(
            nearest("transfrom", ["store", "transform", "transformer"]),
            ["transform", "transformer"]
        );
        assert_eq!(nearest("tpo", ["top", "other"]), ["top"]);
        assert!(nearest("run", ["alpha", "beta"]).is_empty());
    }

    #[test]
    fn without_a_near_name_all_are_listed() {
        assert_eq!(suggestion("run", ["alpha"], "it has"), "it has: `alpha`");
        assert_eq!(suggestion("run", [], "it has"), "it has: none");
    }
}

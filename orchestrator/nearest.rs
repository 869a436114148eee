//! Names that a mistyped one may have meant, in the words of a help line.

/// The one of `known` that `wanted` was most likely meant to be, if one is near enough; of
/// several that are equally near, the first.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = wanted.to_lowercase();
    // One slip in three letters, and at least one: more, and the hint names strangers.
    let allowed = (written.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&written, &name.to_lowercase()), name))
        .filter(|(slips, name)| *slips <= allowed && *slips < name.chars().count())
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

/// A help line about what `wanted` may have meant: the nearest name, or else all of them after
/// the words `all`, such as `it exports`.
pub fn suggestion<'a>(
    wanted: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
    all: &str,
) -> String {
    match nearest(wanted, known.clone()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("{all}: {}", quoted(known)),
    }
}

/// `names` as prose: `` `a`, `b` ``, or `none`.
pub fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["toolchain", "path", "world", "wit"];
        assert_eq!(nearest("tolchain", known), Some("toolchain"));
        assert_eq!(nearest("wrold", known), Some("world"), "swapped letters are one slip");
        assert_eq!(nearest("Path", known), Some("path"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("x", ["y"]), None, "a name with no letter in common is no hint");
    }

    #[test]
    fn without_a_near_name_all_are_listed() {
        assert_eq!(suggestion("rum", ["run"], "it has"), "did you mean `run`?");
        assert_eq!(suggestion("run", ["alpha", "beta"], "it has"), "it has: `alpha`, `beta`");
        assert_eq!(suggestion("run", [], "it has"), "it has: none");
    }
}

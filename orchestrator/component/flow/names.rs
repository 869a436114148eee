//! Names that the component model accepts, made from names that a manifest accepts.

use std::collections::BTreeSet;

/// Plain names in use within one component, in lower case: to the component model, names that
/// differ in case only are the same.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Takes names that exist already.
    pub(super) fn taken(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    /// `wanted` as a kebab name that is not in use yet, which it is from now on.
    pub(super) fn claim(&mut self, wanted: &str) -> String {
        let name = free(&kebab(wanted), |name| !self.0.contains(name));
        self.0.insert(name.clone());
        name
    }
}

/// The first of `wanted`, `wanted-n2`, `wanted-n3`… that is free.
pub(super) fn free(wanted: &str, is_free: impl Fn(&str) -> bool) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2;
    while !is_free(&name) {
        name = format!("{wanted}-n{number}");
        number += 1;
    }
    name
}

/// Lower-case words with dashes between them, each beginning with a letter.
fn kebab(text: &str) -> String {
    let words: Vec<String> = text
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let word = word.to_ascii_lowercase();
            if word.starts_with(|first: char| first.is_ascii_digit()) {
                format!("n{word}")
            } else {
                word
            }
        })
        .collect();
    if words.is_empty() { "x".to_owned() } else { words.join("-") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_a_kebab_name_and_never_the_same_twice() {
        let mut names = Names::taken(["a", "URL", "to-URL"].map(str::to_owned));
        for (wanted, name) in [
            ("data-source", "data-source"),
            ("Data_Source", "data-source-n2"),
            ("data source", "data-source-n3"),
            ("3d", "n3d"),
            ("größe", "gr-e"),
            ("∞", "x"),
            ("a", "a-n2"),
            ("A", "a-n3"),
            ("URL", "url-n2"),
            ("to-url", "to-url-n2"),
        ] {
            assert_eq!(names.claim(wanted), name);
            assert!(wasmparser::names::KebabStr::new(name).is_some(), "{name}");
        }
    }
}

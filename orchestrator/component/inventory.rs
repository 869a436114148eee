//! Which packages the files of a WIT directory define and use, before anything is resolved: what
//! can still be said where a package is missing, or there twice.

use std::collections::BTreeSet;

use wit_parser::{PackageName, UnresolvedPackage};

use super::wit::{Source, WitError, is_wit, parse};

/// The main package of a directory, or what stands in one place of its `deps/`.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Empty for the main package; `deps/NAME` or `deps/NAME.wit`.
    pub place: String,
    /// Its files, by their path below the WIT directory.
    pub files: Source,
    /// The packages that it defines, the one that it is named for first.
    pub defines: Vec<PackageName>,
    /// The packages that these use and it does not define.
    pub uses: BTreeSet<PackageName>,
}

/// What a WIT directory holds, the main package first.
pub fn inventory(source: &Source) -> Result<Vec<Entry>, WitError> {
    let mut places: std::collections::BTreeMap<String, Source> = std::collections::BTreeMap::new();
    for (path, text) in source.iter().filter(|(path, _)| is_wit(path)) {
        let place = match path.split('/').collect::<Vec<_>>()[..] {
            [_] => String::new(),
            ["deps", name] | ["deps", name, _] => format!("deps/{name}"),
            _ => continue,
        };
        places.entry(place).or_default().insert(path.clone(), text.clone());
    }
    if !places.contains_key("") {
        return Err(WitError::Empty);
    }
    places.into_iter().map(|(place, files)| entry(place, files)).collect()
}

fn entry(place: String, files: Source) -> Result<Entry, WitError> {
    let mut map = wit_parser::SourceMap::new();
    for (path, text) in &files {
        map.push_str(path, text.as_str());
    }
    let group = parse(map, &files)?;
    let packages = || std::iter::once(&group.main).chain(&group.nested);
    let defines: Vec<PackageName> = packages().map(|package| package.name.clone()).collect();
    let foreign =
        |package: &UnresolvedPackage| package.foreign_deps.keys().cloned().collect::<Vec<_>>();
    let uses = packages().flat_map(foreign).filter(|name| !defines.contains(name)).collect();
    Ok(Entry { place, files, defines, uses })
}

impl Entry {
    /// The file and the line (from 1) that say `package NAME`, or the first file.
    pub fn declaration(&self, name: &PackageName) -> (&str, Option<usize>) {
        self.line(|line| {
            let rest = line.trim_start().strip_prefix("package ");
            rest.is_some_and(|rest| names(rest, name))
        })
    }

    /// The file and the line (from 1) that use a package, or the first file.
    pub fn mention(&self, name: &PackageName) -> (&str, Option<usize>) {
        self.line(|line| {
            let code = line.split("//").next().unwrap_or_default();
            code.split(|letter: char| letter.is_whitespace()).any(|word| names(word, name))
        })
    }

    fn line(&self, fits: impl Fn(&str) -> bool) -> (&str, Option<usize>) {
        let found = self.files.iter().find_map(|(path, text)| {
            text.lines().position(&fits).map(|at| (path.as_str(), Some(at + 1)))
        });
        found.unwrap_or_else(|| (self.files.keys().next().map_or("", String::as_str), None))
    }
}

/// Whether a word begins with a package's name and says nothing of another one.
fn names(word: &str, name: &PackageName) -> bool {
    let base = format!("{}:{}", name.namespace, name.name);
    let version = name.version.as_ref().map(ToString::to_string);
    word.strip_prefix(&base).is_some_and(|rest| {
        let next = rest.chars().next();
        let ends = next.is_none_or(|letter| !letter.is_alphanumeric() && letter != '-');
        ends && version.is_none_or(|version| rest.contains(&version))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Vec<Entry> {
        let source =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        inventory(&source).unwrap_or_else(|error| panic!("{error:?}"))
    }

    #[test]
    fn packages_are_found_though_they_do_not_resolve() {
        let entries = read(&[
            ("a.wit", "package a:b;\n\nworld w { import c:d/e@1.0.0; }"),
            ("b.wit", "interface i {\n  // use x:y/z.{t};\n  use c:dd/e.{t};\n}"),
            ("deps/one.wit", "package c:d@1.0.0;\ninterface e {}"),
            ("deps/two/a.wit", "package c:d@2.0.0;"),
            ("deps/two/b.wit", "package n:m { interface o { use a:b/i.{t}; } }"),
        ]);
        let said: Vec<(String, Vec<String>, Vec<String>)> = entries
            .iter()
            .map(|entry| {
                let text = |name: &PackageName| name.to_string();
                let defines = entry.defines.iter().map(text).collect();
                (entry.place.clone(), defines, entry.uses.iter().map(text).collect())
            })
            .collect();
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(
            said,
            [
                (String::new(), list(&["a:b"]), list(&["c:d@1.0.0", "c:dd"])),
                ("deps/one.wit".to_owned(), list(&["c:d@1.0.0"]), list(&[])),
                ("deps/two".to_owned(), list(&["c:d@2.0.0", "n:m"]), list(&["a:b"])),
            ]
        );
        let uses: Vec<&PackageName> = entries[0].uses.iter().collect();
        assert_eq!(entries[0].mention(uses[0]), ("a.wit", Some(3)));
        assert_eq!(entries[0].mention(uses[1]), ("b.wit", Some(3)));
        assert_eq!(entries[2].declaration(&entries[2].defines[1]), ("deps/two/b.wit", Some(1)));
    }

    #[test]
    fn a_directory_without_a_main_package_is_refused() {
        let source = [("deps/a.wit".to_owned(), "package a:b;".to_owned())].into();
        assert!(matches!(inventory(&source), Err(WitError::Empty)));
    }
}

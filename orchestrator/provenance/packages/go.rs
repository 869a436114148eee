//! `go.mod`, with the sums of the `go.sum` beside it. Since Go 1.17 a go.mod requires every module
//! that its packages need; a go.sum has versions besides that were only looked at.

use std::collections::BTreeMap;

use super::super::purl::purl;
use super::Package;

type Module = (String, String);

pub(super) fn packages(text: &str, sums: &str) -> Result<Vec<Package>, String> {
    let file = File::parse(text)?;
    let sums =
        sums.lines().filter_map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
            [module, version, sum] => Some(((module, version), sum)),
            _ => None,
        });
    let sums: BTreeMap<_, _> = sums.collect();
    let modules = file.required.iter().filter_map(|module| file.replaced(module));
    let packages = modules.map(|(name, version)| Package {
        // By its specification in lower case.
        purl: purl("golang", &name.to_lowercase(), &version, &[]),
        sum: sums.get(&(name.as_str(), version.as_str())).map(|sum| (*sum).to_owned()),
        hashes: BTreeMap::new(),
        name,
        version,
    });
    Ok(packages.collect())
}

/// What a go.mod says of modules.
#[derive(Default)]
struct File {
    required: Vec<Module>,
    /// By module, and by version where one is said; to a module, or to a directory.
    replacements: BTreeMap<(String, Option<String>), Option<Module>>,
}

impl File {
    fn parse(text: &str) -> Result<Self, String> {
        let mut file = Self::default();
        let mut block: Option<&str> = None;
        let mut named = false;
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split("//").next().unwrap_or_default();
            let words: Vec<&str> =
                line.split_whitespace().map(|word| word.trim_matches(['"', '`'])).collect();
            let read = match (block, words.as_slice()) {
                (_, []) => Ok(()),
                (Some(_), [")"]) => {
                    block = None;
                    Ok(())
                }
                (None, [verb, "("]) => {
                    block = Some(*verb);
                    Ok(())
                }
                (Some(verb), words) => file.line(verb, words),
                (None, [verb, words @ ..]) => {
                    named |= *verb == "module";
                    file.line(verb, words)
                }
            };
            read.map_err(|()| format!("line {number} is not understood"))?;
        }
        if named { Ok(file) } else { Err("it names no module".to_owned()) }
    }

    fn line(&mut self, verb: &str, words: &[&str]) -> Result<(), ()> {
        let owned = |text: &str| text.to_owned();
        match (verb, words) {
            ("require", [module, version]) => self.required.push((owned(module), owned(version))),
            ("replace", [module, rest @ ..]) => {
                let (old, new) = match rest {
                    [version, "=>", new @ ..] => (Some(owned(version)), new),
                    ["=>", new @ ..] => (None, new),
                    _ => return Err(()),
                };
                let new = match new {
                    [module, version] => Some((owned(module), owned(version))),
                    [_directory] => None,
                    _ => return Err(()),
                };
                self.replacements.insert((owned(module), old), new);
            }
            ("require", _) => return Err(()),
            // Others say nothing of what is taken.
            _ => {}
        }
        Ok(())
    }

    /// The module that stands in for another; `None` if that is a directory.
    fn replaced(&self, (name, version): &Module) -> Option<Module> {
        let of = |version: Option<String>| self.replacements.get(&(name.clone(), version));
        match of(Some(version.clone())).or_else(|| of(None)) {
            Some(replacement) => replacement.clone(),
            None => Some((name.clone(), version.clone())),
        }
    }
}

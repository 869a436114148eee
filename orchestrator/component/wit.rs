//! WIT text to a resolved package, without touching a file system.
//!
//! A [`Source`] is a directory as data: relative paths (with `/`) and their text, laid out as
//! WIT's own tools read it. `*.wit` at the top is the main package, each `deps/NAME/` and each
//! `deps/NAME.wit` is a package that it may use; anything else is not read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;
use wit_parser::{
    PackageId, Resolve, SourceMap, Span, Type, TypeId, UnresolvedPackageGroup, WorldId, WorldItem,
    WorldKey,
};

use crate::nearest::suggestion;

/// WIT files by their path relative to the WIT directory.
pub type Source = BTreeMap<String, String>;

/// A main package and all that it uses.
#[derive(Debug, Clone)]
pub struct Wit {
    /// Everything that was read, resolved.
    pub resolve: Resolve,
    /// The main package.
    pub package: PackageId,
}

/// Why WIT text is not a package.
#[derive(Debug, Error, Diagnostic)]
pub enum WitError {
    /// There is no `*.wit` at the top.
    #[error("there is no WIT package: no `*.wit` file stands directly in the directory")]
    #[diagnostic(help("packages below `deps/` are only those that the main package uses"))]
    Empty,
    /// The text does not parse or does not resolve.
    #[error("invalid WIT at `{location}`: {message}")]
    Invalid {
        /// What WIT's own parser said.
        message: String,
        /// `path:line:column`, or the path alone.
        location: String,
        /// The file in question.
        #[source_code]
        text: Arc<NamedSource<String>>,
        /// The place in it.
        #[label("here")]
        span: SourceSpan,
    },
    /// The text is invalid and WIT's parser names no place.
    #[error("invalid WIT: {message}")]
    Unplaced {
        /// What WIT's own parser said.
        message: String,
    },
}

/// Why a world cannot be had.
#[derive(Debug, Error, Diagnostic)]
#[error("there is no world `{name}` in WIT package `{package}`")]
#[diagnostic(help("{help}"))]
pub struct UnknownWorld {
    /// The world asked for.
    pub name: String,
    /// The main package.
    pub package: String,
    /// The nearest names, or all.
    pub help: String,
}

/// Parses and resolves `source`, without what is `@unstable` in it: as a build sees it.
pub fn resolve(source: &Source) -> Result<Wit, WitError> {
    resolve_into(Resolve::default(), source)
}

/// Parses and resolves `source` with all that is `@unstable` in it.
pub fn resolve_with_unstable(source: &Source) -> Result<Wit, WitError> {
    resolve_into(Resolve { all_features: true, ..Resolve::default() }, source)
}

fn resolve_into(mut resolve: Resolve, source: &Source) -> Result<Wit, WitError> {
    let mut main = SourceMap::new();
    let mut dependencies: BTreeMap<&str, SourceMap> = BTreeMap::new();
    for (path, text) in source {
        if !is_wit(path) {
            continue;
        }
        match path.split('/').collect::<Vec<_>>()[..] {
            [_] => main.push_str(path, text.as_str()),
            ["deps", name] | ["deps", name, _] => {
                dependencies.entry(name).or_default().push_str(path, text.as_str());
            }
            _ => {}
        }
    }
    if main.source_names().next().is_none() {
        return Err(WitError::Empty);
    }
    let main = parse(main, source)?;
    let dependencies =
        dependencies.into_values().map(|map| parse(map, source)).collect::<Result<Vec<_>, _>>()?;

    match resolve.push_groups(main, dependencies) {
        Ok(package) => Ok(Wit { resolve, package }),
        Err(error) => {
            let kind = error.kind();
            Err(invalid(kind.to_string(), kind.span(), &resolve.source_map, source))
        }
    }
}

/// The name of a type that WIT has of itself, or which definition a type is.
pub fn own_name(of: &Type) -> Result<&'static str, TypeId> {
    Ok(match of {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
        Type::Id(id) => return Err(*id),
    })
}

/// Whether a file is WIT by its name.
pub(super) fn is_wit(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "wit")
}

/// The packages that some files define, with nothing resolved.
pub(super) fn parse(map: SourceMap, source: &Source) -> Result<UnresolvedPackageGroup, WitError> {
    map.parse().map_err(|(map, error)| {
        let kind = error.kind();
        invalid(kind.to_string(), kind.span(), &map, source)
    })
}

/// The error that shows `span`'s own file, line and column.
fn invalid(message: String, span: Span, map: &SourceMap, source: &Source) -> WitError {
    let Some(place) = map.resolve_span(span) else {
        return WitError::Unplaced { message };
    };
    let text = source.get(place.path).cloned().unwrap_or_default();
    WitError::Invalid {
        message,
        location: map.render_location(span),
        text: Arc::new(NamedSource::new(place.path, text)),
        span: SourceSpan::from(place.range),
    }
}

impl Wit {
    /// The worlds of the main package, in the order of the text.
    pub fn worlds(&self) -> impl Iterator<Item = &str> + Clone {
        self.resolve.packages[self.package].worlds.keys().map(String::as_str)
    }

    /// Where the text speaks of an import or export (by its full name) of a world, or else of the
    /// world: a file of the directory, and how many bytes stand before it there.
    pub fn place(&self, world: WorldId, direction: &str, item: &str) -> Option<(&str, usize)> {
        let found = &self.resolve.worlds[world];
        let items = if direction == "import" { &found.imports } else { &found.exports };
        let named = |(key, _): &(&WorldKey, &WorldItem)| self.resolve.name_world_key(key) == item;
        let span = items.iter().find(named).map(|(_, item)| item.span());
        let place = span.and_then(|span| self.resolve.source_map.resolve_span(span));
        let place = place.or_else(|| self.resolve.source_map.resolve_span(found.span));
        place.map(|place| (place.path, place.range.start))
    }

    /// The world called `name`, which may also be written in full (`namespace:package/world`).
    pub fn select(&self, name: &str) -> Result<WorldId, UnknownWorld> {
        self.resolve.select_world(&[self.package], Some(name)).map_err(|_| UnknownWorld {
            name: name.to_owned(),
            package: self.resolve.packages[self.package].name.to_string(),
            help: suggestion(name, self.worlds(), "its worlds are"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(files: &[(&str, &str)]) -> Source {
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_package_with_dependencies_in_both_layouts_resolves() {
        let wit = resolve(&source(&[
            ("README.md", "not WIT"),
            (
                "a.wit",
                "package poly:a; interface one { use other:dep/types.{name}; f: func() -> name; }",
            ),
            ("b.wit", "world first { export one; import other:single/thing; } world second {}"),
            ("deps/dep/types.wit", "package other:dep; interface types { type name = string; }"),
            ("deps/single.wit", "package other:single; interface thing { g: func(); }"),
        ]))
        .expect("resolves");
        assert_eq!(wit.worlds().collect::<Vec<_>>(), ["first", "second"]);
        let world = wit.select("poly:a/first").expect("full name");
        assert_eq!(wit.select("first").expect("short name"), world);
    }

    #[test]
    fn an_unknown_world_has_near_names() {
        let wit = resolve(&source(&[("a.wit", "package a:b; world transformer {}")])).unwrap();
        let error = wit.select("transfomer").unwrap_err();
        assert_eq!(error.to_string(), "there is no world `transfomer` in WIT package `a:b`");
        assert_eq!(error.help, "did you mean `transformer`?");
    }

    #[test]
    fn a_syntax_error_shows_its_own_line() {
        let error =
            resolve(&source(&[("world.wit", "package a:b;\nworld w {\n  exprt f: func();\n}\n")]))
                .unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("invalid WIT at `world.wit:3:3`"), "{text}");
    }

    #[test]
    fn an_unknown_name_shows_its_own_line_even_in_a_dependency() {
        let error = resolve(&source(&[
            ("world.wit", "package a:b; world w { import c:d/types; }"),
            ("deps/d/types.wit", "package c:d;\ninterface types {\n  f: func() -> nothing;\n}"),
        ]))
        .unwrap_err();
        let text = error.to_string();
        assert!(text.contains("`deps/d/types.wit:3:16`"), "{text}");
        assert!(text.contains("nothing"), "{text}");
    }

    #[test]
    fn no_text_is_no_package() {
        assert!(matches!(resolve(&Source::new()), Err(WitError::Empty)));
    }

    #[test]
    fn a_missing_package_is_named() {
        let error =
            resolve(&source(&[("w.wit", "package a:b; world w { import c:d/e; }")])).unwrap_err();
        assert!(error.to_string().contains("c:d"), "{error}");
    }
}

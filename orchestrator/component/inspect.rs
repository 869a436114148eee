//! What some bytes are: module or component, its world, its size, who produced it.
//!
//! The bytes decide, never a file's name. Nothing is changed and nothing is refused but bytes
//! that are not WebAssembly, and components that lie in one another too deep.

mod nested;

use std::collections::BTreeMap;

use miette::Diagnostic;
use serde::Serialize;
use thiserror::Error;
use wasmparser::{Parser, Payload};
use wit_parser::decoding::DecodedWasm;
use wit_parser::{Resolve, WorldId};

use super::Cause;
use super::outline::{self, TooDeep};
use super::world::{self, World};
pub use nested::Nested;

/// The two kinds of WebAssembly binaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A core module.
    Module,
    /// A component.
    Component,
}

/// What [`inspect`] finds out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// Module or component.
    pub kind: Kind,
    /// Bytes.
    pub size: usize,
    /// Its world as WIT text: a component's own, or the one embedded in a module.
    pub world: Option<String>,
    /// What it imports: interface and function names; `module.name` for a core module.
    pub imports: Vec<String>,
    /// What it exports, alike.
    pub exports: Vec<String>,
    /// Who produced it and all modules in it: field (such as `language`), name, version.
    pub producers: BTreeMap<String, BTreeMap<String, String>>,
    /// Its top-level sections in order, with their sizes in bytes.
    pub sections: Vec<Section>,
    /// The modules and components in it, and those in them, in order.
    pub nested: Vec<Nested>,
}

/// A section of a binary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// What it holds, such as `code` or `custom "name"`.
    pub name: String,
    /// Bytes, without the section's header.
    pub size: usize,
}

/// Why bytes cannot be inspected.
#[derive(Debug, Error, Diagnostic)]
pub enum InspectError {
    /// They do not begin as WebAssembly does.
    #[error("this is not WebAssembly: it is {found}")]
    NotWebAssembly {
        /// What they look like instead.
        found: String,
    },
    /// They begin well and go on badly.
    #[error("this is damaged WebAssembly")]
    Damaged {
        /// What the parser met.
        #[source]
        cause: Cause,
    },
    /// Too many components lie in one another.
    #[error(transparent)]
    #[diagnostic(transparent)]
    TooDeep(#[from] TooDeep),
}

/// What `bytes` are, by their first eight bytes.
pub fn kind(bytes: &[u8]) -> Option<Kind> {
    match bytes.get(..8)? {
        [0, b'a', b's', b'm', 1, 0, 0, 0] => Some(Kind::Module),
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0] => Some(Kind::Component),
        _ => None,
    }
}

/// What bytes that are not WebAssembly look like, for messages.
pub(crate) fn describe_other(bytes: &[u8]) -> String {
    match bytes {
        [] => "empty".to_owned(),
        [0x7f, b'E', b'L', b'F', ..] => "a native executable (ELF)".to_owned(),
        [b'!', b'<', b'a', b'r', b'c', b'h', b'>', ..] => {
            "a native library (ar archive)".to_owned()
        }
        [0, b'a', b's', b'm', ..] if bytes.len() < 8 => {
            "a WebAssembly file cut off in its header".to_owned()
        }
        [0, b'a', b's', b'm', ..] => "WebAssembly of a version that poly does not know".to_owned(),
        _ => match std::str::from_utf8(&bytes[..bytes.len().min(24)]) {
            Ok(text) => format!("text that begins with {text:?}"),
            Err(_) => format!(
                "{} bytes that begin with {:02x?}",
                bytes.len(),
                &bytes[..bytes.len().min(8)]
            ),
        },
    }
}

/// Looks at everything in `bytes` that a person may want to know.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, InspectError> {
    let Some(kind) = kind(bytes) else {
        return Err(InspectError::NotWebAssembly { found: describe_other(bytes) });
    };
    outline::check_depth(bytes)?;
    let damaged = |cause: Cause| InspectError::Damaged { cause };
    let walked = walk(bytes).map_err(damaged)?;
    let nested = nested::nested(bytes).map_err(damaged)?;

    let (world, imports, exports) = match kind {
        Kind::Component => {
            match world::read(bytes).map_err(damaged)? {
                DecodedWasm::Component(resolve, id) => {
                    let world = World::new(&resolve, id);
                    let names = |items: &BTreeMap<String, _>| items.keys().cloned().collect();
                    (Some(print_world(&resolve, id)), names(&world.imports), names(&world.exports))
                }
                // A WIT package in its binary form: all types, nothing to run.
                DecodedWasm::WitPackage(..) => (None, Vec::new(), Vec::new()),
            }
        }
        Kind::Module => {
            let embedded = walked
                .sections
                .iter()
                .any(|section| section.name.starts_with("custom \"component-type"));
            let world = if embedded {
                let (_, bindings) = wit_component::metadata::decode(bytes)
                    .map_err(|error| damaged(error.into()))?;
                Some(print_world(&bindings.resolve, bindings.world))
            } else {
                None
            };
            (world, walked.imports, walked.exports)
        }
    };
    Ok(Inspection {
        kind,
        size: bytes.len(),
        world,
        imports,
        exports,
        producers: walked.producers,
        sections: walked.sections,
        nested,
    })
}

/// A world as the WIT text of its package.
pub(crate) fn print_world(resolve: &Resolve, world: WorldId) -> String {
    let package = resolve.worlds[world].package.expect("a decoded world lies in a package");
    let mut printer = wit_component::WitPrinter::default();
    printer.print(resolve, package, &[]).expect("writing to a string does not fail");
    printer.output.to_string()
}

/// Field, name, version: as in [`Inspection::producers`].
type Producers = BTreeMap<String, BTreeMap<String, String>>;

/// What stands in the binary itself, before any type is understood.
#[derive(Default)]
struct Walked {
    sections: Vec<Section>,
    imports: Vec<String>,
    exports: Vec<String>,
    producers: Producers,
}

/// Reads the top-level sections, a core module's own imports and exports, and the producers of
/// everything inside.
fn walk(bytes: &[u8]) -> Result<Walked, Cause> {
    let mut walked = Walked::default();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ImportSection(reader) if depth == 1 => {
                for import in reader.clone().into_imports() {
                    let import = import?;
                    walked.imports.push(format!("{}.{}", import.module, import.name));
                }
            }
            Payload::ExportSection(reader) if depth == 1 => {
                for export in reader.clone() {
                    walked.exports.push(export?.name.to_owned());
                }
            }
            Payload::CustomSection(custom) if custom.name() == "producers" => {
                let section =
                    wasm_metadata::Producers::from_bytes(custom.data(), custom.data_offset())?;
                collect_producers(&section, &mut walked.producers);
            }
            _ => {}
        }
        if depth == 1
            && let Some((name, size)) = section(&payload)
        {
            walked.sections.push(Section { name, size });
        }
    }
    Ok(walked)
}

/// What a section holds, and its size.
pub(super) fn section(payload: &Payload<'_>) -> Option<(String, usize)> {
    let name = match payload {
        Payload::CustomSection(custom) => {
            return Some((format!("custom {:?}", custom.name()), custom.data().len()));
        }
        Payload::ModuleSection { unchecked_range, .. } => {
            return Some(("core module".into(), unchecked_range.len()));
        }
        Payload::ComponentSection { unchecked_range, .. } => {
            return Some(("component".into(), unchecked_range.len()));
        }
        Payload::TypeSection(_) => "types",
        Payload::ImportSection(_) | Payload::ComponentImportSection(_) => "imports",
        Payload::FunctionSection(_) => "functions",
        Payload::TableSection(_) => "tables",
        Payload::MemorySection(_) => "memories",
        Payload::GlobalSection(_) => "globals",
        Payload::ExportSection(_) | Payload::ComponentExportSection(_) => "exports",
        Payload::ElementSection(_) => "elements",
        Payload::DataSection(_) => "data",
        Payload::CodeSectionStart { .. } => "code",
        Payload::InstanceSection(_) => "core instances",
        Payload::CoreTypeSection(_) => "core types",
        Payload::ComponentInstanceSection(_) => "instances",
        Payload::ComponentAliasSection(_) => "aliases",
        Payload::ComponentTypeSection(_) => "component types",
        Payload::ComponentCanonicalSection(_) => "canonical functions",
        _ => return None,
    };
    payload.as_section().map(|(_, range)| (name.to_owned(), range.len()))
}

/// Adds what a `producers` section says.
fn collect_producers(section: &wasm_metadata::Producers, into: &mut Producers) {
    for (field, values) in section.iter() {
        let known = into.entry(field.clone()).or_default();
        for (name, version) in values.iter() {
            known.insert(name.clone(), version.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_eight_bytes_decide() {
        assert_eq!(kind(&wat::parse_str("(module)").unwrap()), Some(Kind::Module));
        assert_eq!(kind(&wat::parse_str("(component)").unwrap()), Some(Kind::Component));
        assert_eq!(kind(b""), None);
        assert_eq!(kind(b"\0asm\x01"), None);
    }

    #[test]
    fn other_files_are_told_by_what_they_are() {
        let text = |bytes: &[u8]| inspect(bytes).unwrap_err().to_string();
        assert_eq!(text(b""), "this is not WebAssembly: it is empty");
        assert_eq!(
            text(b"\x7fELF\x02\x01\x01\0"),
            "this is not WebAssembly: it is a native executable (ELF)"
        );
        assert_eq!(
            text(b"#!/bin/sh"),
            "this is not WebAssembly: it is text that begins with \"#!/bin/sh\""
        );
        assert_eq!(
            text(b"\0asm"),
            "this is not WebAssembly: it is a WebAssembly file cut off in its header"
        );
    }

    #[test]
    fn a_module_shows_imports_exports_and_sections() {
        let bytes = wat::parse_str(
            r#"(module (import "env" "f" (func)) (memory (export "memory") 1) (func (export "run") call 0) (@custom "x" "1234"))"#,
        )
        .unwrap();
        let found = inspect(&bytes).unwrap();
        assert_eq!((found.kind, found.size), (Kind::Module, bytes.len()));
        assert_eq!(found.imports, ["env.f"]);
        assert_eq!(found.exports, ["memory", "run"]);
        assert_eq!(found.world, None);
        let names: Vec<_> = found.sections.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(
            names,
            ["types", "imports", "functions", "memories", "exports", "code", "custom \"x\""]
        );
        assert_eq!(found.sections.last().map(|section| section.size), Some(4));
    }

    #[test]
    fn a_component_shows_its_world_and_the_producers_of_its_modules() {
        let bytes = wat::parse_str(
            r#"(component
                (core module $m (func (export "run")) (@producers (language "Rust" "1.95")))
                (core instance $i (instantiate $m))
                (func $run (canon lift (core func $i "run")))
                (export "run" (func $run)))"#,
        )
        .unwrap();
        let found = inspect(&bytes).unwrap();
        assert_eq!(found.exports, ["run"]);
        assert!(
            found.world.as_deref().is_some_and(|world| world.contains("export run: func();")),
            "{found:?}"
        );
        assert_eq!(found.producers["language"]["Rust"], "1.95");
        assert!(found.sections.iter().any(|section| section.name == "core module"));
    }

    #[test]
    fn a_cut_off_file_is_damaged() {
        let bytes = wat::parse_str(r#"(module (func (export "run")))"#).unwrap();
        let error = inspect(&bytes[..bytes.len() - 3]).unwrap_err();
        assert!(matches!(error, InspectError::Damaged { .. }), "{error}");
    }
}

//! What is nested in a component: modules and components, as the sections of the binary have
//! them.
//!
//! Names come from the `component-name` section of what encloses a nested one, or else from its
//! own `name` section. They are a courtesy: a name that is not there, or cannot be read, is
//! left out.

use std::collections::BTreeMap;

use serde::Serialize;
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentName, ComponentNameSectionReader,
    ComponentOuterAliasKind, ComponentTypeRef, Encoding, KnownCustom, Name, NameMap, Parser,
    Payload,
};

use super::{Kind, Producers, collect_producers};
use crate::component::Cause;

/// A module or a component inside of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Nested {
    /// Module or component.
    pub kind: Kind,
    /// What it is called, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Bytes, without the header of the section that holds it.
    pub size: usize,
    /// What it imports: names; for a module, the names of the modules that it imports from.
    pub imports: Vec<String>,
    /// The names of what it exports.
    pub exports: Vec<String>,
    /// Who produced it, without what is nested in it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub producers: BTreeMap<String, BTreeMap<String, String>>,
    /// What is nested in it, in the order of the binary.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nested: Vec<Nested>,
}

/// What is nested in the component or module `bytes`.
pub(super) fn nested(bytes: &[u8]) -> Result<Vec<Nested>, Cause> {
    let mut open: Vec<Level> = Vec::new();
    // The next version header is that of a nested one of this size.
    let mut size = bytes.len();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::Version { encoding, .. } => {
                let kind = match encoding {
                    Encoding::Module => Kind::Module,
                    Encoding::Component => Kind::Component,
                };
                open.push(Level::new(kind, size));
            }
            Payload::ModuleSection { unchecked_range, .. } => {
                size = unchecked_range.len();
                open.last_mut().into_iter().for_each(Level::holds_module);
            }
            Payload::ComponentSection { unchecked_range, .. } => {
                size = unchecked_range.len();
                open.last_mut().into_iter().for_each(Level::holds_component);
            }
            Payload::End(_) => {
                let done = open.pop().map(Level::close);
                match (done, open.last_mut()) {
                    (Some(done), Some(around)) => around.nested.nested.push(done),
                    (done, _) => return Ok(done.map(|top| top.nested).unwrap_or_default()),
                }
            }
            other => {
                if let Some(level) = open.last_mut() {
                    level.read(&other)?;
                }
            }
        }
    }
    Ok(Vec::new())
}

/// A module or component that is being read.
struct Level {
    nested: Nested,
    /// The index, among modules or components, of each that is nested in it.
    indices: Vec<u32>,
    modules: Names,
    components: Names,
}

/// What a component calls the modules, or the components, that it holds, imports and aliases.
#[derive(Default)]
struct Names {
    known: BTreeMap<u32, String>,
    /// The index of the next one.
    next: u32,
}

impl Level {
    fn new(kind: Kind, size: usize) -> Self {
        let (imports, exports, nested) = (Vec::new(), Vec::new(), Vec::new());
        let producers = Producers::new();
        let nested = Nested { kind, name: None, size, imports, exports, producers, nested };
        let (modules, components) = (Names::default(), Names::default());
        Self { nested, indices: Vec::new(), modules, components }
    }

    fn holds_module(&mut self) {
        self.indices.push(self.modules.next);
        self.modules.next += 1;
    }

    fn holds_component(&mut self) {
        self.indices.push(self.components.next);
        self.components.next += 1;
    }

    fn read(&mut self, payload: &Payload<'_>) -> Result<(), Cause> {
        match payload {
            Payload::ImportSection(reader) => {
                for import in reader.clone().into_imports() {
                    let module = import?.module;
                    if !self.nested.imports.iter().any(|known| known == module) {
                        self.nested.imports.push(module.to_owned());
                    }
                }
            }
            Payload::ExportSection(reader) => {
                for export in reader.clone() {
                    self.nested.exports.push(export?.name.to_owned());
                }
            }
            Payload::ComponentImportSection(reader) => {
                for import in reader.clone() {
                    let import = import?;
                    match import.ty {
                        ComponentTypeRef::Module(_) => self.modules.next += 1,
                        ComponentTypeRef::Component(_) => self.components.next += 1,
                        _ => {}
                    }
                    self.nested.imports.push(import.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(reader) => {
                for export in reader.clone() {
                    let export = export?;
                    // What is exported has an index of its own from then on.
                    self.counts(export.kind);
                    self.nested.exports.push(export.name.name.to_owned());
                }
            }
            Payload::ComponentAliasSection(reader) => {
                for alias in reader.clone() {
                    match alias? {
                        ComponentAlias::InstanceExport { kind, .. } => self.counts(kind),
                        ComponentAlias::Outer {
                            kind: ComponentOuterAliasKind::CoreModule, ..
                        } => {
                            self.modules.next += 1;
                        }
                        ComponentAlias::Outer {
                            kind: ComponentOuterAliasKind::Component, ..
                        } => {
                            self.components.next += 1;
                        }
                        _ => {}
                    }
                }
            }
            Payload::CustomSection(custom) => match custom.as_known() {
                KnownCustom::Name(names) => {
                    self.nested.name = names.into_iter().find_map(|name| match name {
                        Ok(Name::Module { name, .. }) => Some(name.to_owned()),
                        _ => None,
                    });
                }
                KnownCustom::ComponentName(names) => self.names(names),
                _ if custom.name() == "producers" => {
                    let section =
                        wasm_metadata::Producers::from_bytes(custom.data(), custom.data_offset());
                    if let Ok(section) = section {
                        collect_producers(&section, &mut self.nested.producers);
                    }
                }
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn counts(&mut self, kind: ComponentExternalKind) {
        match kind {
            ComponentExternalKind::Module => self.modules.next += 1,
            ComponentExternalKind::Component => self.components.next += 1,
            _ => {}
        }
    }

    fn names(&mut self, names: ComponentNameSectionReader<'_>) {
        for name in names.into_iter().map_while(Result::ok) {
            match name {
                ComponentName::Component { name, .. } => self.nested.name = Some(name.to_owned()),
                ComponentName::CoreModules(map) => self.modules.known = by_index(map),
                ComponentName::Components(map) => self.components.known = by_index(map),
                _ => {}
            }
        }
    }

    /// Itself, whole. What it calls those that are nested in it is their name.
    fn close(mut self) -> Nested {
        for (nested, index) in self.nested.nested.iter_mut().zip(self.indices) {
            let names = match nested.kind {
                Kind::Module => &mut self.modules.known,
                Kind::Component => &mut self.components.known,
            };
            if let Some(name) = names.remove(&index) {
                nested.name = Some(name);
            }
        }
        self.nested
    }
}

fn by_index(map: NameMap<'_>) -> BTreeMap<u32, String> {
    let names = map.into_iter().map_while(Result::ok);
    names.map(|naming| (naming.index, naming.name.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Vec<Nested> {
        nested(&wat::parse_str(text).unwrap()).unwrap()
    }

    #[test]
    fn a_tree_of_what_is_nested_with_names_of_both_kinds() {
        let found = tree(
            r#"(component
                (import "borrowed" (core module $borrowed))
                (core module $named (import "env" "f" (func)) (import "env" "g" (func))
                    (export "run" (func 0)) (@producers (language "Rust" "1.95")))
                (component $inner
                    (import "x:y/z" (instance))
                    (core module (;$unnamed;) (memory (export "memory") 1))
                    (component $deep (instance $none) (export "w" (instance $none)))))"#,
        );
        let told: Vec<_> = found
            .iter()
            .map(|nested| {
                (nested.kind, nested.name.as_deref(), &nested.imports[..], nested.nested.len())
            })
            .collect();
        assert_eq!(
            told,
            [
                (Kind::Module, Some("named"), &["env".to_owned()][..], 0),
                (Kind::Component, Some("inner"), &["x:y/z".to_owned()][..], 2),
            ]
        );
        assert_eq!(found[0].exports, ["run"]);
        assert_eq!(found[0].producers["language"]["Rust"], "1.95");
        assert!(found[1].producers.is_empty(), "each has its own alone");
        let inner = &found[1].nested;
        assert_eq!((inner[0].name.as_deref(), inner[1].name.as_deref()), (None, Some("deep")));
        assert!(found[0].size + found[1].size > inner[0].size);
    }

    #[test]
    fn names_that_cannot_be_read_are_left_out() {
        let text = r#"(component (core module $m) (@custom "producers" "\ff\ff"))"#;
        let mut bytes = wat::parse_str(text).unwrap();
        assert_eq!(nested(&bytes).unwrap()[0].name.as_deref(), Some("m"));
        // In its own name section and in that of the component, `m` becomes what is no UTF-8.
        for at in 0..bytes.len() - 1 {
            if bytes[at..at + 2] == [1, b'm'] {
                bytes[at + 1] = 0xff;
            }
        }
        assert_eq!(nested(&bytes).unwrap()[0].name, None);
    }

    #[test]
    fn a_module_holds_nothing() {
        assert_eq!(tree("(module)"), []);
    }
}

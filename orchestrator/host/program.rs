//! A component in machine code, and what it exports.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::Diagnostic;
use thiserror::Error;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::wasm_wave::value::Type as ValueType;
use wasmtime::component::{Component, ComponentExportIndex, Type, Val};

use super::engine::{Cause, Engine, EngineError};
use super::handles::Resources;
use crate::check::{Parameter, Signature, Types};
use crate::component::world::is_provided;

/// A component that is ready to be started; clones share it.
#[derive(Clone)]
pub struct Program {
    engine: Engine,
    component: Component,
    exports: Arc<[Export]>,
    resources: Arc<Resources>,
}

/// An exported function.
pub(super) struct Export {
    pub(super) signature: Signature,
    pub(super) index: ComponentExportIndex,
    pub(super) parameters: Vec<Type>,
    pub(super) result: Option<Returns>,
    /// The first parameter, or the result, whose type no text can stand for, and what it is.
    pub(super) unspeakable: Option<String>,
}

/// What a function returns.
pub(super) struct Returns {
    pub(super) of: Type,
    /// The same as a type of WAVE's; none if no text can stand for it.
    pub(super) spoken: Option<ValueType>,
    /// Whether there may be handles in it.
    pub(super) has_handles: bool,
}

/// Machine code that cannot be loaded.
#[derive(Debug, Error, Diagnostic)]
pub enum LoadError {
    /// The file is not there, was damaged, or was made by another wasmtime, with other
    /// settings or for another processor.
    #[error("the compiled component `{}` cannot be loaded", path.display())]
    #[diagnostic(help(
        "compiling it again did not help: set POLY_CACHE_DIR to a directory on a file system from \
         which programs can be run"
    ))]
    Refused {
        /// The file.
        path: PathBuf,
        /// What wasmtime said.
        #[source]
        source: Cause,
    },
}

impl Program {
    /// Loads machine code from `path`, an artifact in poly's own store, or a file beside it, that
    /// [`Engine::precompile`] made. It is mapped into memory, which takes the same few
    /// milliseconds whatever its size.
    ///
    /// An error means that the artifact is of no use. Callers drop it from the store and compile
    /// once more before they tell a person.
    pub fn load(engine: &Engine, path: &Path) -> Result<Self, LoadError> {
        // SAFETY: machine code is trusted as poly itself is. Callers pass artifacts of the
        // store only, which poly wrote, whose digest the store has checked, and which nothing
        // changes in place: the store writes by renaming; or what poly wrote just now, where
        // nobody else may write. wasmtime checks version, settings and processor.
        #[allow(unsafe_code)]
        let load = |engine: &Engine| unsafe { Component::deserialize_file(engine.inner(), path) };
        let (engine, component) = match load(engine) {
            Ok(component) => (engine.clone(), component),
            // It may be for the other engine; if not, this one's reason is the one to tell.
            Err(refused) => engine
                .concurrent()
                .ok()
                .and_then(|engine| load(&engine).ok().map(|component| (engine, component)))
                .ok_or_else(|| LoadError::Refused {
                    path: path.to_owned(),
                    source: refused.into(),
                })?,
        };
        Ok(Self::new(engine, component))
    }

    fn new(engine: Engine, component: Component) -> Self {
        let resources = resources(&engine, &component);
        let exports = exports(&engine, &component, &resources).into();
        Self { engine, component, exports, resources: resources.into() }
    }

    /// Compiles a component here and now, to be kept nowhere: for what poly itself has written.
    pub fn compile(engine: &Engine, component: &[u8]) -> Result<Self, EngineError> {
        let compiled = Component::new(engine.inner(), component);
        let component = compiled.map_err(|it| EngineError::Compile(it.into()))?;
        Ok(Self::new(engine.clone(), component))
    }

    /// The functions that can be called, those of the component itself first.
    pub fn functions(&self) -> impl Iterator<Item = &Signature> + Clone {
        self.exports.iter().map(|export| &export.signature)
    }

    /// The names of all that it imports.
    fn imports(&self) -> Vec<String> {
        let component = self.component.component_type();
        component.imports(self.engine.inner()).map(|(name, _)| name.to_owned()).collect()
    }

    /// The functions, each with its types as those of values, where all of them have a text.
    pub fn typed_functions(&self) -> impl Iterator<Item = (Signature, Option<Types>)> {
        let exports = self.exports.iter();
        exports.map(|export| (export.signature.clone(), export.types()))
    }

    /// What it imports that the host does not provide: with any of it, it cannot be started.
    pub fn unmet(&self) -> Vec<String> {
        let engine = self.engine.inner();
        let component = self.component.component_type();
        let imports = component.imports(engine).filter(|(name, _)| !is_provided(name));
        let needed = imports.filter(|(_, item)| match &item.ty {
            ComponentItem::Type(_) => false,
            // One that has nothing but types asks for nothing.
            ComponentItem::ComponentInstance(interface) => {
                interface.exports(engine).any(|(_, it)| !matches!(it.ty, ComponentItem::Type(_)))
            }
            _ => true,
        });
        needed.map(|(name, _)| name.to_owned()).collect()
    }

    /// Whether it has a way to standard error at all.
    pub fn can_write_to_stderr(&self) -> bool {
        self.imports().iter().any(|name| name.starts_with("wasi:cli/stderr@"))
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn component(&self) -> &Component {
        &self.component
    }

    pub(super) fn exports(&self) -> &Arc<[Export]> {
        &self.exports
    }

    pub(super) fn resources(&self) -> &Arc<Resources> {
        &self.resources
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.functions()).finish()
    }
}

/// The resources that it exports, by their own names.
fn resources(engine: &Engine, component: &Component) -> Resources {
    let mut resources = Resources::default();
    for (name, item) in component.component_type().exports(engine.inner()) {
        match item.ty {
            ComponentItem::Resource(of) => resources.add(of, name),
            ComponentItem::ComponentInstance(interface) => {
                for (name, item) in interface.exports(engine.inner()) {
                    if let ComponentItem::Resource(of) = item.ty {
                        resources.add(of, name);
                    }
                }
            }
            _ => {}
        }
    }
    resources
}

fn exports(engine: &Engine, component: &Component, resources: &Resources) -> Vec<Export> {
    let mut of_component = Vec::new();
    let mut of_interfaces = Vec::new();
    for (name, item) in component.component_type().exports(engine.inner()) {
        let Some(index) = component.get_export_index(None, name) else {
            continue;
        };
        match item.ty {
            ComponentItem::ComponentFunc(function) => {
                of_component.push(Export::new(None, name, index, &function, resources));
            }
            ComponentItem::ComponentInstance(interface) => {
                for (function, item) in interface.exports(engine.inner()) {
                    let ComponentItem::ComponentFunc(of) = item.ty else {
                        continue;
                    };
                    let index = component.get_export_index(Some(&index), function);
                    let Some(index) = index else { continue };
                    of_interfaces.push(Export::new(Some(name), function, index, &of, resources));
                }
            }
            _ => {}
        }
    }
    of_component.append(&mut of_interfaces);
    of_component
}

impl Export {
    fn new(
        interface: Option<&str>,
        name: &str,
        index: ComponentExportIndex,
        function: &ComponentFunc,
        resources: &Resources,
    ) -> Self {
        let mut parameters = Vec::new();
        let mut types = Vec::new();
        let mut unspeakable = None;
        for (name, of) in function.params() {
            if resources.spoken(&of).is_none() && unspeakable.is_none() {
                unspeakable = Some(format!("its parameter `{name}` is a stream or future"));
            }
            parameters.push(Parameter { name: name.to_owned(), of: resources.text(&of) });
            types.push(of);
        }
        let result = function.results().next().map(|of| Returns {
            spoken: resources.spoken(&of),
            has_handles: ValueType::from_wasm_type(&of).is_none(),
            of,
        });
        if result.as_ref().is_some_and(|result| result.spoken.is_none()) {
            unspeakable.get_or_insert_with(|| "its result is a stream or future".to_owned());
        }
        let signature = Signature {
            interface: interface.map(str::to_owned),
            function: spoken_name(name).to_owned(),
            parameters,
            result: result.as_ref().map(|result| resources.text(&result.of)),
        };
        Self { signature, index, parameters: types, result, unspeakable }
    }

    /// Room for what a call returns.
    pub(super) fn slots(&self) -> Vec<Val> {
        vec![Val::Bool(false); usize::from(self.result.is_some())]
    }

    fn types(&self) -> Option<Types> {
        let spoken = self.parameters.iter().map(ValueType::from_wasm_type);
        let result = match &self.result {
            None => None,
            Some(returns) if returns.has_handles => return None,
            Some(returns) => returns.spoken.clone(),
        };
        Some(Types { parameters: spoken.collect::<Option<_>>()?, result })
    }
}

/// A function's name without what the component model puts before it: `[constructor]counter`,
/// `[method]counter.next`. No two functions differ in nothing else.
fn spoken_name(name: &str) -> &str {
    name.split_once(']').map_or(name, |(_, name)| name)
}

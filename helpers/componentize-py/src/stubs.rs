//! What the world imports, as far as it is not WASI: it is there while the interpreter is prepared, and
//! traps when it is called, for nobody has said yet what stands behind it.

use std::path::Path;

use anyhow::{Context as _, Result};
use componentize_py::Ctx;
use wasmtime::component::{Linker, LinkerInstance, ResourceType};
use wasmtime::format_err;
use wit_parser::{
    Function, Interface, PackageId, Resolve, TypeDef, TypeDefKind, WorldId, WorldItem, WorldKey,
};

/// What is to be stubbed, as WIT.
pub struct Stubs {
    resolve: Resolve,
    worlds: Vec<WorldId>,
}

impl Stubs {
    /// Reads WIT as componentize-py does.
    pub fn new(paths: &[&Path], names: &[&str], features: &[&str], all: bool) -> Result<Self> {
        let mut resolve = Resolve { all_features: all, ..Resolve::default() };
        let features = features.iter().flat_map(|list| list.split([',', ' ']));
        resolve.features = features.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let mut packages = Vec::new();
        for path in paths {
            let read = resolve.push_path(path);
            packages.push(
                read.with_context(|| format!("cannot use the WIT in `{}`", path.display()))?.0,
            );
        }
        let every: Vec<PackageId> = resolve.packages.iter().map(|(package, _)| package).collect();
        let select = |name: Option<&str>| {
            let found = resolve.select_world(&packages, name);
            found.or_else(|_| resolve.select_world(&every, name))
        };
        let worlds = match names {
            [] => vec![select(None)?],
            names => names.iter().map(|name| select(Some(name))).collect::<Result<_>>()?,
        };
        Ok(Self { resolve, worlds })
    }

    /// Adds the stubs.
    pub fn add_to_linker(&self, linker: &mut Linker<Ctx>) -> Result<()> {
        for &world in &self.worlds {
            for (key, item) in &self.resolve.worlds[world].imports {
                match item {
                    WorldItem::Interface { id, .. } => {
                        let name = match key {
                            WorldKey::Name(name) => name.clone(),
                            WorldKey::Interface(id) => {
                                self.resolve.id_of(*id).context("an import without a name")?
                            }
                        };
                        // What two worlds import is there once.
                        if is_wasi(&name) {
                            continue;
                        }
                        let Ok(mut instance) = linker.instance(&name) else { continue };
                        self.interface(&mut instance, &name, &self.resolve.interfaces[*id])?;
                    }
                    WorldItem::Function(function) => {
                        stub_function(&mut linker.root(), "", function)?;
                    }
                    WorldItem::Type { id, .. } => {
                        stub_type(&mut linker.root(), "", &self.resolve.types[*id])?;
                    }
                }
            }
        }
        Ok(())
    }

    fn interface(
        &self,
        instance: &mut LinkerInstance<'_, Ctx>,
        name: &str,
        interface: &Interface,
    ) -> Result<()> {
        for function in interface.functions.values() {
            stub_function(instance, name, function)?;
        }
        for id in interface.types.values() {
            stub_type(instance, name, &self.resolve.types[*id])?;
        }
        Ok(())
    }
}

fn stub_function(
    instance: &mut LinkerInstance<'_, Ctx>,
    interface: &str,
    function: &Function,
) -> Result<()> {
    let trap = trap(interface, &function.name);
    if function.kind.is_async() {
        instance.func_new_concurrent(&function.name, move |_, _, _, _| {
            let trapped = Err(trap());
            Box::pin(async move { trapped })
        })?;
    } else {
        instance.func_new(&function.name, move |_, _, _, _| Err(trap()))?;
    }
    Ok(())
}

fn stub_type(instance: &mut LinkerInstance<'_, Ctx>, interface: &str, of: &TypeDef) -> Result<()> {
    if let (TypeDefKind::Resource, Some(name)) = (&of.kind, &of.name) {
        let trap = trap(interface, name);
        instance.resource(name, ResourceType::host::<()>(), move |_, _| Err(trap()))?;
    }
    Ok(())
}

fn trap(interface: &str, name: &str) -> impl Fn() -> wasmtime::Error + Send + Sync + 'static {
    let name = if interface.is_empty() { name.to_owned() } else { format!("{interface}.{name}") };
    move || {
        format_err!(
            "`{name}` was called by top-level code: it can only be called when the component runs"
        )
    }
}

/// Whether wasmtime's own WASI provides an interface.
fn is_wasi(name: &str) -> bool {
    let packages = [
        "wasi:cli/",
        "wasi:clocks/",
        "wasi:random/",
        "wasi:io/",
        "wasi:filesystem/",
        "wasi:sockets/",
    ];
    name.contains("@0.2.") && packages.iter().any(|package| name.starts_with(package))
}

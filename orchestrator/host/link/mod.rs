//! Parts that the host links, so that it sees what goes from one to another.
//!
//! In a composed component the parts call each other by code that the runtime generates: no host
//! sees that. So the parts are started here each by itself, providers first, and every import
//! that the wiring meets is a function of the host's (`forward`), which notes the call
//! (`record`), makes it, and hands on what came back. What they share with the host, WASI, they
//! share with each other, as in the composed component.
//!
//! A resource belongs to the part that made it, and only that one can be given it. The others
//! are given a *stand-in*: a resource of the host's that keeps the real one. It becomes the real
//! one again where it goes back to its owner, and drops it where it is dropped.
//!
//! Not here: streams and futures, whose parts need an engine of their own.

mod forward;
mod record;
mod show;

use std::collections::BTreeMap;

use wasmtime::component::types::{self, ComponentItem};
use wasmtime::component::{
    self, ComponentExportIndex, Linker, Resource, ResourceAny, ResourceType,
};
use wasmtime::{Store, StoreContextMut};

pub(super) use record::Recorder;

use super::context::Context;
use super::program::Program;
use crate::component::wiring::Link;
use forward::Forward;

/// A component, or the parts of one.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Each with its name, those that others take from first, and last the one that is called.
    pub parts: Vec<(String, Program)>,
    /// What meets which import.
    pub links: Vec<Link>,
}

/// Why parts are not started.
pub(super) enum NotStarted {
    /// One wants something that nobody has.
    Import(wasmtime::Error),
    /// One stopped, or was stopped.
    Stopped(wasmtime::Error),
}

/// A resource of another part, in the hands of one that does not own it.
struct StandIn(ResourceAny);

/// A part that runs.
struct Running {
    instance: component::Instance,
    /// The resource types that it owns.
    owned: Vec<ResourceType>,
}

/// Where in a part something is exported: its name, or that of its interface.
struct Place<'p> {
    part: &'p Running,
    interface: Option<&'p str>,
}

impl Parts {
    /// The one that is called.
    ///
    /// # Panics
    ///
    /// If there are none.
    pub fn root(&self) -> &Program {
        &self.parts.last().expect("nothing is no component").1
    }
}

impl From<&Program> for Parts {
    fn from(program: &Program) -> Self {
        Self { parts: vec![(String::new(), program.clone())], links: Vec::new() }
    }
}

/// Starts all parts with what the `host` gives, and gives the one that is called.
pub(super) async fn start(
    store: &mut Store<Context>,
    parts: &Parts,
    host: &Linker<Context>,
) -> Result<component::Instance, NotStarted> {
    let mut running: BTreeMap<&str, Running> = BTreeMap::new();
    let mut last = None;
    for (name, program) in &parts.parts {
        let part = program.component();
        let mut linker = host.clone();
        // A part may stand between another one and WASI.
        linker.allow_shadowing(true);
        for link in parts.links.iter().filter(|link| link.consumer == *name) {
            let provider = &running[link.provider.as_str()];
            meet(store, &mut linker, link, provider, &part.component_type())
                .map_err(NotStarted::Import)?;
        }
        let ready = linker.instantiate_pre(part).map_err(NotStarted::Import)?;
        let instance = ready.instantiate_async(&mut *store).await.map_err(NotStarted::Stopped)?;
        let is_provider = parts.links.iter().any(|link| link.provider == *name);
        let owned = if is_provider {
            let wanted = linker.substituted_component_type(part).map_err(NotStarted::Import)?;
            owned(store, instance, &wanted)
        } else {
            Vec::new()
        };
        running.insert(name, Running { instance, owned });
        last = Some(instance);
    }
    Ok(last.expect("nothing is no component"))
}

/// Meets one import of a part whose type is `wanted`.
fn meet(
    store: &mut Store<Context>,
    linker: &mut Linker<Context>,
    link: &Link,
    provider: &Running,
    wanted: &types::Component,
) -> wasmtime::Result<()> {
    let engine = linker.engine().clone();
    let Some(import) = wanted.get_import(&engine, &link.import) else { return Ok(()) };
    match import.ty {
        ComponentItem::ComponentFunc(_) => {
            let place = Place { part: provider, interface: None };
            let function = link.export.as_deref().unwrap_or(&link.import);
            Forward::new(store, link, &place, function)?.offer(&mut linker.root(), &link.import)
        }
        ComponentItem::ComponentInstance(interface) => {
            let place = Place { part: provider, interface: link.export.as_deref() };
            let mut offered = linker.instance(&link.import)?;
            for (name, item) in interface.exports(&engine) {
                match item.ty {
                    ComponentItem::ComponentFunc(_) => {
                        Forward::new(store, link, &place, name)?.offer(&mut offered, name)?;
                    }
                    // What the host owns, the part imports from the host.
                    ComponentItem::Resource(_) if place.stands_in(store, name) => {
                        offered.resource_async(name, ResourceType::host::<StandIn>(), dropped)?;
                    }
                    _ => {}
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

impl Place<'_> {
    fn index(&self, store: &mut Store<Context>, name: &str) -> Option<ComponentExportIndex> {
        let instance = self.part.instance;
        let within = match self.interface {
            Some(interface) => Some(instance.get_export_index(&mut *store, None, interface)?),
            None => None,
        };
        instance.get_export_index(store, within.as_ref(), name)
    }

    /// Whether others are given a stand-in for its resource `name`: it is this part's, or is one
    /// already.
    fn stands_in(&self, store: &mut Store<Context>, name: &str) -> bool {
        let index = self.index(store, name);
        let of = index.and_then(|index| self.part.instance.get_resource(store, index));
        of.is_some_and(|of| self.part.owned.contains(&of) || of == ResourceType::host::<StandIn>())
    }
}

/// The resource types that a part exports and does not import.
fn owned(
    store: &mut Store<Context>,
    instance: component::Instance,
    of: &types::Component,
) -> Vec<ResourceType> {
    let engine = store.engine().clone();
    let mut imported = Vec::new();
    for (_, item) in of.imports(&engine) {
        match item.ty {
            ComponentItem::Resource(of) => imported.push(of),
            ComponentItem::ComponentInstance(interface) => {
                imported.extend(interface.exports(&engine).filter_map(|(_, item)| match item.ty {
                    ComponentItem::Resource(of) => Some(of),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    let mut exported = Vec::new();
    for (name, item) in of.exports(&engine) {
        let Some(index) = instance.get_export_index(&mut *store, None, name) else { continue };
        if let ComponentItem::ComponentInstance(interface) = item.ty {
            for (name, _) in interface.exports(&engine) {
                let index = instance.get_export_index(&mut *store, Some(&index), name);
                exported.extend(index.and_then(|index| instance.get_resource(&mut *store, index)));
            }
        }
        exported.extend(instance.get_resource(&mut *store, index));
    }
    exported.retain(|of| !imported.contains(of));
    exported
}

/// A stand-in was dropped, and with it goes what it stood for.
fn dropped(
    mut store: StoreContextMut<'_, Context>,
    stand_in: u32,
) -> Box<dyn Future<Output = wasmtime::Result<()>> + Send + '_> {
    Box::new(async move {
        let StandIn(real) = store.data_mut().table.delete(Resource::new_own(stand_in))?;
        real.resource_drop_async(store).await
    })
}

//! wasm-compose's graph as an engine.

use std::collections::BTreeMap;

use ::wasm_compose::graph::{
    Component, ComponentId, CompositionGraph, EncodeOptions, ExportIndex, InstanceId,
};
use wasmparser::Validator;

use super::{ComposeError, Engine, Parts};
use crate::component::Cause;
use crate::component::part::Part;
use crate::component::wiring::{Link, Wiring};

const ENGINE: Engine = Engine::WasmCompose;

/// Composes `parts` as `wiring` says.
pub(super) fn compose(parts: &Parts<'_>, wiring: &Wiring) -> Result<Vec<u8>, ComposeError> {
    if let Some(exposed) = wiring.exposed.first() {
        let (component, export) = (exposed.provider.clone(), exposed.export.clone());
        return Err(ComposeError::Exposed { component, export, engine: ENGINE });
    }
    let mut graph = Graph {
        engine: CompositionGraph::new(),
        validator: Validator::new(),
        components: BTreeMap::new(),
        parts: BTreeMap::new(),
    };
    // The root first and then each provider before those that need it: the one order in
    // which the engine follows a resource through several components.
    let root = wiring.root.as_str();
    let rest = wiring.order.iter().map(String::as_str).filter(|name| *name != root);
    for name in std::iter::once(root).chain(rest) {
        graph.add(parts[name])?;
        let ends_here = |link: &&Link| link.consumer == name || link.provider == name;
        for link in wiring.links.iter().filter(ends_here) {
            graph.connect(link)?;
        }
    }
    let options = EncodeOptions {
        define_components: true,
        export: graph.parts.get(root).map(|(_, instance)| *instance),
        validate: false,
    };
    let encoded = graph.engine.encode(options);
    encoded.map_err(|error| ComposeError::Encoding { engine: ENGINE, cause: error.into() })
}

/// The engine's graph, with its ids by our names.
struct Graph<'b> {
    engine: CompositionGraph<'b>,
    /// One for all parts: the engine panics when it compares types of two validators.
    validator: Validator,
    components: BTreeMap<&'b str, ComponentId>,
    parts: BTreeMap<&'b str, (ComponentId, InstanceId)>,
}

impl<'b> Graph<'b> {
    fn add(&mut self, part: &'b Part<'_>) -> Result<(), ComposeError> {
        let refused = |cause: Cause| ComposeError::Part {
            component: part.name.clone(),
            engine: ENGINE,
            cause,
        };
        let component = match self.components.get(part.component.as_str()) {
            Some(known) => *known,
            None => self.read(part).map_err(refused)?,
        };
        self.components.insert(&part.component, component);
        let instance = self.engine.instantiate(component).map_err(|error| refused(error.into()))?;
        self.parts.insert(&part.name, (component, instance));
        Ok(())
    }

    fn read(&mut self, part: &'b Part<'_>) -> Result<ComponentId, Cause> {
        // The engine's names follow WIT's rules, a manifest's need not.
        let name = format!("part{}", self.components.len());
        let component = Component::from_bytes(&mut self.validator, name, part.bytes.as_ref())?;
        Ok(self.engine.add_component(component)?)
    }

    /// Makes a link as soon as both ends are there.
    fn connect(&mut self, link: &Link) -> Result<(), ComposeError> {
        let (Some(&(consumer, consumer_instance)), Some(&(provider, provider_instance))) =
            (self.parts.get(link.consumer.as_str()), self.parts.get(link.provider.as_str()))
        else {
            return Ok(());
        };
        let refused = |cause: Cause| ComposeError::link(link, ENGINE, cause);
        let import = self
            .engine
            .get_component(consumer)
            .and_then(|component| component.import_by_name(&link.import))
            .map(|(index, _)| index)
            .ok_or_else(|| refused("the component has no such import".into()))?;
        let export: Option<ExportIndex> = match &link.export {
            None => None,
            Some(name) => Some(
                self.engine
                    .get_component(provider)
                    .and_then(|component| component.export_by_name(name))
                    .map(|(index, ..)| index)
                    .ok_or_else(|| refused(format!("it has no export `{name}`").into()))?,
            ),
        };
        self.engine
            .connect(provider_instance, export, consumer_instance, import)
            .map_err(|error| refused(error.into()))
    }
}

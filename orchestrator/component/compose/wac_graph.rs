//! wac-graph as an engine. It merges imports of compatible versions into one, and follows
//! resources wherever they go.

use std::collections::BTreeMap;

use ::wac_graph::types::Package;
use ::wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId};

use super::{ComposeError, Engine, Parts};
use crate::component::Cause;
use crate::component::part::Part;
use crate::component::wiring::{Link, Wiring};

const ENGINE: Engine = Engine::WacGraph;

/// Composes `parts` as `wiring` says.
pub(super) fn compose(parts: &Parts<'_>, wiring: &Wiring) -> Result<Vec<u8>, ComposeError> {
    let mut graph = Graph {
        engine: CompositionGraph::new(),
        packages: BTreeMap::new(),
        instances: BTreeMap::new(),
    };
    for name in &wiring.order {
        graph.add(parts[name.as_str()])?;
        for link in wiring.links.iter().filter(|link| link.consumer == *name) {
            graph.connect(link)?;
        }
    }
    let whole = |cause: Cause| ComposeError::Encoding { engine: ENGINE, cause };
    // The owners of resources first: what mentions a resource must stand after it.
    for provider in &wiring.order {
        let (package, instance) = graph.instances[provider.as_str()];
        let is_exposed = |name: &&String| {
            wiring.exposed.iter().any(|one| one.provider == *provider && one.export == **name)
        };
        for name in graph.exports(package).iter().filter(is_exposed) {
            graph.export(instance, name).map_err(whole)?;
        }
    }
    let (package, root) = graph.instances[wiring.root.as_str()];
    for name in graph.exports(package) {
        graph.export(root, &name).map_err(whole)?;
    }
    let options = EncodeOptions { define_components: true, validate: false, processor: None };
    graph.engine.encode(options).map_err(|error| whole(error.into()))
}

/// The engine's graph, with its ids by our names.
struct Graph<'b> {
    engine: CompositionGraph,
    packages: BTreeMap<&'b str, PackageId>,
    instances: BTreeMap<&'b str, (PackageId, NodeId)>,
}

impl<'b> Graph<'b> {
    fn add(&mut self, part: &'b Part<'_>) -> Result<(), ComposeError> {
        let package = match self.packages.get(part.component.as_str()) {
            Some(known) => *known,
            None => self.read(part).map_err(|cause| ComposeError::Part {
                component: part.name.clone(),
                engine: ENGINE,
                cause,
            })?,
        };
        self.packages.insert(&part.component, package);
        let instance = self.engine.instantiate(package);
        self.instances.insert(&part.name, (package, instance));
        Ok(())
    }

    fn read(&mut self, part: &Part<'_>) -> Result<PackageId, Cause> {
        let name = format!("poly:part{}", self.packages.len());
        let package =
            Package::from_bytes(&name, None, part.bytes.as_ref(), self.engine.types_mut())?;
        Ok(self.engine.register_package(package)?)
    }

    fn connect(&mut self, link: &Link) -> Result<(), ComposeError> {
        let refused = |cause: Cause| ComposeError::link(link, ENGINE, cause);
        let (_, consumer) = self.instances[link.consumer.as_str()];
        let (_, provider) = self.instances[link.provider.as_str()];
        let argument = match &link.export {
            None => provider,
            Some(export) => self
                .engine
                .alias_instance_export(provider, export)
                .map_err(|error| refused(error.into()))?,
        };
        self.engine
            .set_instantiation_argument(consumer, &link.import, argument)
            .map_err(|error| refused(error.into()))
    }

    /// The exports of a package, in the order of its bytes.
    fn exports(&self, package: PackageId) -> Vec<String> {
        let types = self.engine.types();
        types[self.engine[package].instance_type()].exports.keys().cloned().collect()
    }

    fn export(&mut self, instance: NodeId, name: &str) -> Result<(), Cause> {
        let export = self.engine.alias_instance_export(instance, name)?;
        Ok(self.engine.export(export, name)?)
    }
}

//! Parts and their wiring → one component.
//!
//! The engine is wasm-compose's graph. It does what it is told and looks for nothing itself,
//! so that every link is one that [`super::wiring`] chose and can explain. What it is known to
//! panic on is refused here first.

use std::collections::BTreeMap;

use miette::Diagnostic;
use thiserror::Error;
use wasm_compose::graph::{
    Component, ComponentId, CompositionGraph, EncodeOptions, ExportIndex, InstanceId,
};
use wasmparser::Validator;

use super::Cause;
use super::audit;
use super::flow::{self, FlowComponent};
use super::locked;
use super::part::Part;
use super::wiring::{Link, Wiring};
use super::world::{Item, Mismatch, compare_functions};

/// Why parts that fit by their wiring do not compose.
#[derive(Debug, Error, Diagnostic)]
pub enum ComposeError {
    /// The wiring names a component that is not among the parts.
    #[error("the wiring names component `{component}`, which is not among the parts")]
    UnknownPart {
        /// The component.
        component: String,
    },
    /// The engine cannot read a part.
    #[error("component `{component}` cannot be composed")]
    Part {
        /// The part.
        component: String,
        /// What the engine says.
        #[source]
        cause: Cause,
    },
    /// The engine does not accept a link.
    #[error("import `{import}` of component `{component}` cannot be met by component `{provider}`")]
    #[diagnostic(help(
        "the engine refuses a resource that reaches one component in two ways; \
         let one component provide all interfaces that share the resource"
    ))]
    Link {
        /// Who imports.
        component: String,
        /// What is imported.
        import: String,
        /// Who exports.
        provider: String,
        /// What the engine says.
        #[source]
        cause: Cause,
    },
    /// An interface is left to the host while the owner of its resources is another component.
    #[error(
        "component `{component}` leaves `{import}` to the host, but that uses resources of `{owner}`, \
         which component `{provider}` provides"
    )]
    #[diagnostic(help("link both to the same component, or neither"))]
    SplitResource {
        /// Who imports.
        component: String,
        /// The interface that is left.
        import: String,
        /// The interface that owns the resources.
        owner: String,
        /// Who provides that one.
        provider: String,
    },
    /// Two components leave different things of one name to the host.
    #[error(
        "components `{one}` and `{other}` both leave `{import}` to the host, and do not mean the same \
         by it{}",
        mismatch.as_ref().map(|mismatch| format!(": {mismatch}")).unwrap_or_default()
    )]
    #[diagnostic(help("build both from the same WIT, or link one of the imports to a component"))]
    Different {
        /// The import.
        import: String,
        /// Who imports it.
        one: String,
        /// Who imports it too.
        other: String,
        /// How they differ, where it is a function that does: what `one` expects, and what is
        /// found in `other`.
        mismatch: Option<Box<Mismatch>>,
        /// What the engine says.
        #[source]
        cause: Cause,
    },
    /// The engine does not accept the whole.
    #[error("composing the components failed")]
    Encoding {
        /// What the engine says.
        #[source]
        cause: Cause,
    },
    /// What the engine wrote is invalid.
    #[error("the composed component is invalid")]
    Invalid {
        /// What the validator met.
        #[source]
        cause: Cause,
    },
}

/// What decides which bytes [`compose`] and [`super::flow::generate`] write, and whether the
/// audit passes them, for fingerprints: the crates, with version and checksum, and the numbers of
/// the flow generator and of the audit.
pub fn versions() -> BTreeMap<String, String> {
    let crates = ["wasm-compose", "wasm-encoder", "wit-parser"];
    crates
        .into_iter()
        .map(|name| (name.to_owned(), locked::version(name)))
        .chain([
            ("audit".to_owned(), audit::SCHEMA.to_string()),
            ("flow".to_owned(), flow::SCHEMA.to_string()),
        ])
        .collect()
}

/// Composes `parts` and the flow component, if there is one, as `wiring` says. A single
/// component without links composes to itself.
pub fn compose(
    parts: &[Part<'_>],
    flow: Option<&FlowComponent>,
    wiring: &Wiring,
) -> Result<Vec<u8>, ComposeError> {
    let parts: BTreeMap<&str, &Part<'_>> = parts
        .iter()
        .chain(flow.map(|flow| &flow.part))
        .map(|part| (part.name.as_str(), part))
        .collect();
    let root = *part(&parts, &wiring.root)?;
    if wiring.links.is_empty() {
        return Ok(root.bytes.to_vec());
    }
    refuse_split_resources(&parts, wiring)?;

    let mut graph = Graph {
        engine: CompositionGraph::new(),
        validator: Validator::new(),
        ids: BTreeMap::new(),
    };
    // The root first and then each provider before those that need it: the one order in
    // which the engine follows a resource through several components.
    let rest = wiring.order.iter().map(String::as_str).filter(|name| *name != root.name);
    for name in std::iter::once(root.name.as_str()).chain(rest) {
        graph.add(part(&parts, name)?)?;
        for link in
            wiring.links.iter().filter(|link| link.component == name || link.provider == name)
        {
            graph.connect(link)?;
        }
    }
    graph.encode(&root.name).map_err(|error| match error {
        ComposeError::Encoding { cause } => explain(cause, &parts, wiring),
        other => other,
    })
}

/// Why the engine does not accept the whole: equal imports of all components become one, and
/// two that have the same name may differ.
fn explain(cause: Cause, parts: &BTreeMap<&str, &Part<'_>>, wiring: &Wiring) -> ComposeError {
    let mut left: BTreeMap<&str, Vec<(&str, &Item)>> = BTreeMap::new();
    for part in wiring.order.iter().filter_map(|name| parts.get(name.as_str())) {
        for (import, item) in &part.world.imports {
            let met = |link: &Link| link.component == part.name && link.import == *import;
            if !wiring.links.iter().any(met) {
                left.entry(import).or_default().push((&part.name, item));
            }
        }
    }
    let pairs =
        || left.iter().flat_map(|(import, of)| of.windows(2).map(move |pair| (*import, pair)));
    let differ = pairs().find_map(|(import, pair)| {
        Some((import, pair, Some(Box::new(first_difference(pair[0].1, pair[1].1)?))))
    });
    // What types look like is not kept; if nothing else differs, it is they.
    let types = || pairs().find(|(_, pair)| pair.iter().all(|(_, item)| item.is_type_only()));
    match differ.or_else(|| types().map(|(import, pair)| (import, pair, None))) {
        Some((import, pair, mismatch)) => ComposeError::Different {
            import: import.to_owned(),
            one: pair[0].0.to_owned(),
            other: pair[1].0.to_owned(),
            mismatch,
            cause,
        },
        None => ComposeError::Encoding { cause },
    }
}

/// How two imports of one name differ in a function that both have.
fn first_difference(one: &Item, other: &Item) -> Option<Mismatch> {
    let (Item::Interface(one), Item::Interface(other)) = (one, other) else { return None };
    one.functions.iter().find_map(|(name, function)| {
        let mut mismatch = compare_functions(function, other.functions.get(name)?).err()?;
        mismatch.path.insert(0, format!("function \"{name}\""));
        Some(mismatch)
    })
}

fn part<'m, 'p>(
    parts: &'m BTreeMap<&'p str, &'p Part<'p>>,
    name: &str,
) -> Result<&'m &'p Part<'p>, ComposeError> {
    parts.get(name).ok_or_else(|| ComposeError::UnknownPart { component: name.to_owned() })
}

/// wasm-compose panics when the owner of a resource is provided and a user of it is not.
fn refuse_split_resources(
    parts: &BTreeMap<&str, &Part<'_>>,
    wiring: &Wiring,
) -> Result<(), ComposeError> {
    for name in &wiring.order {
        let component = part(parts, name)?;
        let met = |import: &str| {
            wiring.links.iter().find(|link| &link.component == name && link.import == import)
        };
        for (import, item) in &component.world.imports {
            let Item::Interface(interface) = item else {
                continue;
            };
            if met(import).is_some() {
                continue;
            }
            for owner in &interface.uses {
                let owns = matches!(
                    component.world.imports.get(owner),
                    Some(Item::Interface(owner)) if !owner.resources.is_empty()
                );
                if let (true, Some(link)) = (owns, met(owner)) {
                    return Err(ComposeError::SplitResource {
                        component: name.clone(),
                        import: import.clone(),
                        owner: owner.clone(),
                        provider: link.provider.clone(),
                    });
                }
            }
        }
    }
    Ok(())
}

/// The engine's graph, with its ids by our names.
struct Graph<'b> {
    engine: CompositionGraph<'b>,
    /// One for all parts: the engine panics when it compares types of two validators.
    validator: Validator,
    ids: BTreeMap<String, (ComponentId, InstanceId)>,
}

impl<'b> Graph<'b> {
    fn add(&mut self, part: &'b Part<'_>) -> Result<(), ComposeError> {
        // The engine's names follow WIT's rules, a manifest's need not.
        let name = format!("part{}", self.ids.len());
        let ids = Component::from_bytes(&mut self.validator, name, part.bytes.as_ref())
            .and_then(|component| self.engine.add_component(component))
            .and_then(|id| Ok((id, self.engine.instantiate(id)?)))
            .map_err(|error| ComposeError::Part {
                component: part.name.clone(),
                cause: error.into(),
            })?;
        self.ids.insert(part.name.clone(), ids);
        Ok(())
    }

    /// Makes a link as soon as both ends are there.
    fn connect(&mut self, link: &Link) -> Result<(), ComposeError> {
        let (Some(&(consumer, consumer_instance)), Some(&(provider, provider_instance))) =
            (self.ids.get(&link.component), self.ids.get(&link.provider))
        else {
            return Ok(());
        };
        let refused = |cause: Cause| ComposeError::Link {
            component: link.component.clone(),
            import: link.import.clone(),
            provider: link.provider.clone(),
            cause,
        };
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

    fn encode(&self, root: &str) -> Result<Vec<u8>, ComposeError> {
        let options = EncodeOptions {
            define_components: true,
            export: self.ids.get(root).map(|(_, instance)| *instance),
            validate: false,
        };
        let bytes = self
            .engine
            .encode(options)
            .map_err(|error| ComposeError::Encoding { cause: error.into() })?;
        Validator::new()
            .validate_all(&bytes)
            .map_err(|error| ComposeError::Invalid { cause: error.into() })?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;

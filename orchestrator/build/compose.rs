//! The compose action: all adapted components become one.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use miette::Diagnostic as _;

use super::error::BuildError;
use super::flows;
use crate::component::compose::{self as composer, Choice, Composed, Engine};
use crate::component::flow;
use crate::component::wiring::{self, About, ExplicitLink, FlowComponent, Wiring, WiringError};
use crate::component::{Part, audit};
use crate::manifest::{self, Manifest};
use crate::plan::Fingerprint;

/// What composing depends on beside the components: what the manifest says of flows and
/// links, and the libraries that do it.
pub(super) fn fingerprint(manifest: &Manifest) -> Fingerprint {
    let mut fingerprint = Fingerprint::new("compose");
    for (name, flow) in &manifest.flows {
        let steps: Vec<_> = flow.steps.iter().map(|step| step.get_ref().to_string()).collect();
        fingerprint.settings.insert(format!("flow {}", name.get_ref()), steps.join(" → "));
    }
    for (import, export) in &manifest.links {
        let setting = format!("link {}", import.get_ref());
        fingerprint.settings.insert(setting, export.get_ref().to_string());
    }
    for (component, settings) in &manifest.components {
        if !settings.instances.is_empty() {
            let names: Vec<_> = settings.instances.iter().map(toml::Spanned::get_ref).collect();
            let names = names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            fingerprint.settings.insert(format!("instances of {}", component.get_ref()), names);
        }
    }
    if let Some(engine) = asked(manifest) {
        fingerprint.settings.insert("engine".to_owned(), engine.to_string());
    }
    fingerprint.libraries = composer::versions();
    fingerprint
}

/// The engine that the manifest asks for.
pub(super) fn asked(manifest: &Manifest) -> Option<Engine> {
    match manifest.compose.engine {
        manifest::Engine::Auto => None,
        manifest::Engine::WasmCompose => Some(Engine::WasmCompose),
        manifest::Engine::WacGraph => Some(Engine::WacGraph),
    }
}

/// The links that the manifest makes.
pub fn explicit_links(manifest: &Manifest) -> Vec<ExplicitLink> {
    let links = manifest.links.iter().map(|(import, export)| ExplicitLink {
        import: import.get_ref().to_string(),
        export: export.get_ref().to_string(),
    });
    links.collect()
}

/// Where the manifest has what an error of the wiring is about, in bytes of its text.
pub fn place_about(manifest: &Manifest, about: About<'_>) -> Option<Range<usize>> {
    match about {
        About::Component(name) => manifest.place_of(name),
        About::Link(link) => {
            let mut links = manifest.links.keys();
            links.find(|import| import.get_ref().to_string() == link).map(toml::Spanned::span)
        }
    }
}

/// A pipeline's parts, and how they are linked.
pub(super) struct Assembly<'a> {
    /// An entry for each instance of each component.
    pub(super) parts: Vec<Part<'a>>,
    /// The component that holds the flows.
    pub(super) flow: Option<FlowComponent>,
    /// The links.
    pub(super) wiring: Wiring,
}

/// Generates the flows of `manifest` over its `components` and resolves the links.
pub(super) fn assemble<'a>(
    manifest: &Manifest,
    components: &'a BTreeMap<String, Arc<Vec<u8>>>,
) -> Result<Assembly<'a>, BuildError> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    for (name, component) in manifest.instances() {
        // The instances of a component stand side by side.
        let known = parts.last().filter(|part| part.component == component).cloned();
        let part = known.map_or_else(|| Part::new(component, components[component].as_slice()), Ok);
        let part = Part { name: name.to_owned(), ..part.map_err(Box::new)? };
        parts.push(part);
    }
    let told = |error: WiringError| at_names(manifest, &error);
    let linked = wiring::links(&parts, &explicit_links(manifest)).map_err(told)?;
    let flow = flow::generate(&flows::sources(manifest), &parts, &linked);
    let flow = flow.map_err(|error| flows::located(manifest, &error))?;
    let wiring = wiring::wire_linked(&parts, flow.as_ref(), linked);
    let wiring = wiring.map_err(told)?;
    Ok(Assembly { parts, flow, wiring })
}

/// Who composes what [`assemble`] put together, and why.
pub(super) fn choice(manifest: &Manifest, assembly: &Assembly<'_>) -> Choice {
    composer::choose(&assembly.wiring, asked(manifest))
}

/// Composes what [`assemble`] put together, and audits what came out.
pub(super) fn compose(
    manifest: &Manifest,
    Assembly { parts, flow, wiring }: &Assembly<'_>,
) -> Result<Composed, BuildError> {
    let composed =
        composer::compose(parts, flow.as_ref(), wiring, asked(manifest)).map_err(Box::new)?;
    audit::audit(&composed.outline, parts).map_err(Box::new)?;
    Ok(composed)
}

/// An error of the wiring, shown where the manifest has what it is about.
fn at_names(manifest: &Manifest, error: &WiringError) -> BuildError {
    let places = error.about().into_iter().filter_map(|(about, label)| {
        place_about(manifest, about).map(|span| (span, label.to_owned()))
    });
    let help = error.help().map(|help| help.to_string());
    BuildError::Wiring(manifest.error_at_all(places.collect(), error.to_string(), help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> poly_cache::Digest {
        let manifest = Manifest::parse("pipeline.toml", text).expect("a manifest");
        fingerprint(&manifest).key()
    }

    const PLAIN: &str = r#"
        [pipeline]
        name = "p"
        [component.a]
        path = "a"
        toolchain = "t"
        [component.b]
        path = "b"
        toolchain = "t"
        "#;

    #[test]
    fn all_that_the_manifest_says_of_composing_moves_the_key() {
        let additions = [
            "instances = ['b', 'c']",
            "instances = ['c', 'b']",
            "[link]\n'a/x:y/z' = 'b'",
            "[flow.run]\nsteps = ['a/f']",
            "[flow.run]\nsteps = ['a/f', 'a/f']",
            "[flow.run]\nsteps = [['a/f', 'a/f']]",
            "[flow.run]\nsteps = [{ call = 'a/f', args = [] }]",
            "[flow.run]\nsteps = [{ call = 'a/f', args = ['_'] }]",
            "[flow.run]\nsteps = [{ call = 'a/f', args = ['1', '2'] }]",
            "[flow.run]\nsteps = [{ call = 'a/f', args = ['1\", \"2'] }]",
            "[flow.run]\nsteps = [{ call = 'a/f', otherwise = 'a/f' }]",
            "[flow.run]\nsteps = [{ call = 'a/f', otherwise = { call = 'a/f', args = ['1'] } }]",
            "[flow.run]\nsteps = ['a/x.f']",
            "[flow.run]\nsteps = ['a/x.r.f']",
            "[flow.other]\nsteps = ['a/f']",
            "[compose]\nengine = 'wasm-compose'",
            "[compose]\nengine = 'wac-graph'",
        ];
        let mut keys: Vec<_> =
            additions.iter().map(|addition| key(&format!("{PLAIN}\n{addition}"))).collect();
        keys.push(key(PLAIN));
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), additions.len() + 1, "each is another");
    }

    #[test]
    fn the_order_of_flows_counts_nowhere() {
        let [one, two] = ["one", "two"].map(|name| format!("[flow.{name}]\nsteps = ['a/f']\n"));
        let sources = |flows: &str| {
            let manifest = Manifest::parse("pipeline.toml", &format!("{PLAIN}\n{flows}"));
            flows::sources(&manifest.expect("a manifest"))
        };
        assert_eq!(sources(&format!("{one}{two}")), sources(&format!("{two}{one}")));
        let swapped = key(&format!("{PLAIN}\n{two}{one}"));
        assert_eq!(key(&format!("{PLAIN}\n{one}{two}")), swapped);
    }

    #[test]
    fn what_changes_nothing_about_composing_leaves_the_key() {
        for addition in ["[compose]\nengine = 'auto'", "[limits]\ntimeout = '1s'"] {
            assert_eq!(key(&format!("{PLAIN}\n{addition}")), key(PLAIN), "{addition}");
        }
    }
}

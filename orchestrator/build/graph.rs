//! The composition, to be looked at: builds the parts, links and composes them, and keeps what a
//! build would keep of the parts alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use poly_cache::Artifact;

use super::compose::{self, Assembly};
use super::driver::Driver;
use super::error::BuildError;
use crate::component::compose::{Choice, Why};
use crate::component::graph::{self, Graph};
use crate::host;
use crate::manifest::{self, Manifest};
use crate::plan::{Action, Plan};

impl Driver<'_> {
    /// Makes the components, as a build would, and shows how they are linked, and who composes
    /// them. The second value is why that is not possible; the graph then shows what is.
    pub fn graph(&self) -> Result<(Graph, Option<BuildError>), BuildError> {
        self.hold_to_lock(self.options.install)?;
        let plan = Plan::of_parts(&self.project.manifest);
        let components = self.until_whole(&plan, || self.components(&plan))?;
        let bare = self.bare(&components);
        let manifest = &self.project.manifest;
        let assembly = match compose::assemble(manifest, &components) {
            Ok(assembly) => assembly,
            Err(error) => return Ok(broken(bare, error)),
        };
        let linked = wired(bare, manifest, &assembly);
        // An engine may refuse what it was thought to express: who composes is known afterwards.
        Ok(match compose::compose(manifest, &assembly) {
            Ok(done) => {
                (Graph { composer: self.has_links().then_some(done.choice), ..linked }, None)
            }
            Err(error) => broken(linked, error),
        })
    }

    /// The adapted components of a plan, by name.
    pub(super) fn components(
        &self,
        plan: &Plan,
    ) -> Result<BTreeMap<String, Arc<Vec<u8>>>, BuildError> {
        let made = self.carry_out(plan)?;
        let adapted = made.iter().filter(|(action, _)| matches!(action, Action::Adapt(_)));
        let named = adapted.filter_map(|(action, artifact)| Some((action.component()?, artifact)));
        named
            .map(|(name, artifact)| Ok((name.to_owned(), self.artifacts.bytes(artifact)?)))
            .collect()
    }

    /// What is known before anything is linked.
    fn bare(&self, components: &BTreeMap<String, Arc<Vec<u8>>>) -> Graph {
        let manifest = &self.project.manifest;
        let component = |name: &str| {
            let (component, toolchain) = self.project.component(name);
            let mut instances: Vec<String> =
                component.instances.iter().map(|instance| instance.get_ref().clone()).collect();
            if instances.is_empty() {
                instances.push(name.to_owned());
            }
            graph::Component {
                name: name.to_owned(),
                language: toolchain.language.clone(),
                toolchain: toolchain.name.clone(),
                size: components[name].len() as u64,
                instances,
            }
        };
        Graph {
            pipeline: manifest.pipeline.name.get_ref().clone(),
            components: manifest.components.keys().map(|name| component(name.get_ref())).collect(),
            flows: manifest
                .flows
                .iter()
                .map(|(name, flow)| graph::Flow {
                    name: name.get_ref().clone(),
                    stages: stages(flow),
                })
                .collect(),
            links: Vec::new(),
            exports: Vec::new(),
            left: Vec::new(),
            unused: Vec::new(),
            composer: None,
            problem: None,
        }
    }

    /// Whether there is anything to link. A single component without flows composes to itself, and
    /// no engine has a part in that.
    fn has_links(&self) -> bool {
        let manifest = &self.project.manifest;
        manifest.instances().count() > 1 || !manifest.flows.is_empty()
    }

    /// Who would compose these adapted components, in the order of the plan, and why. Nothing,
    /// if nobody has to, or if they cannot be read or linked: the build says that better.
    pub(super) fn composer(&self, adapted: &[Artifact]) -> Option<Choice> {
        let manifest = &self.project.manifest;
        if !self.has_links() {
            return None;
        }
        if let Some(engine) = compose::asked(manifest) {
            return Some(Choice { engine, why: Why::Asked });
        }
        let names = manifest.components.keys().map(|name| name.get_ref().clone());
        let parts = names.zip(adapted);
        let parts =
            parts.map(|(name, artifact)| Some((name, self.artifacts.bytes(artifact).ok()?)));
        let parts = parts.collect::<Option<_>>()?;
        let assembly = compose::assemble(manifest, &parts).ok();
        assembly.map(|assembly| compose::choice(manifest, &assembly))
    }
}

fn wired(bare: Graph, manifest: &Manifest, assembly: &Assembly<'_>) -> Graph {
    let flow = assembly.flow.as_ref().map(|flow| &flow.part);
    let root = assembly.parts.iter().chain(flow).find(|part| part.name == assembly.wiring.root);
    let exports = root.into_iter().flat_map(|root| root.world.exports.keys().cloned());
    let given = |import: &str| host::given(&manifest.grants, import);
    bare.wired(&assembly.wiring, flow.map(|flow| &*flow.name), exports, given)
}

fn broken(graph: Graph, error: BuildError) -> (Graph, Option<BuildError>) {
    (Graph { problem: Some(error.to_string()), ..graph }, Some(error))
}

/// The stages of a flow, in order; one that stands in for another comes after it.
fn stages(flow: &manifest::Flow) -> Vec<graph::Stage> {
    let mut stages: Vec<graph::Stage> = Vec::new();
    let mut handed_on = 0..0;
    for (index, step) in flow.steps.iter().enumerate() {
        let first = stages.len();
        for stage in step.get_ref().stages() {
            for (depth, stage) in stage.chain().enumerate() {
                let on_error = depth > 0;
                let takes = if on_error {
                    vec![stages.len() - 1]
                } else if takes_something(stage) {
                    handed_on.clone().collect()
                } else {
                    Vec::new()
                };
                let name = stage.call.to_string();
                let function = name.split_once('/').map_or(&*name, |(_, function)| function);
                stages.push(graph::Stage {
                    step: index + 1,
                    part: stage.call.component.clone(),
                    function: function.to_owned(),
                    takes,
                    on_error,
                });
            }
        }
        handed_on = first..stages.len();
    }
    stages
}

/// Whether a stage has more than constants for its parameters.
fn takes_something(stage: &manifest::Stage) -> bool {
    stage.args.as_ref().is_none_or(|args| args.iter().any(|arg| arg.get_ref().trim() == "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_takes_of_the_step_before_or_of_the_one_it_stands_in_for() {
        let manifest = Manifest::parse(
            "pipeline.toml",
            r#"
            [pipeline]
            name = "p"
            [component.a]
            path = "a"
            toolchain = "t"
            [flow.run]
            steps = [
                "a/read",
                ["a/count", { call = "a/items.item.title", otherwise = "a/untitled" }],
                { call = "a/print", args = ["_", "80"] },
                { call = "a/close", args = ["true"] },
            ]"#,
        );
        let manifest = manifest.expect("a manifest");
        let flow = manifest.flows.values().next().expect("a flow");
        let told = |stage: graph::Stage| {
            let on_error = if stage.on_error { " on error" } else { "" };
            format!("{} {} takes {:?}{on_error}", stage.step, stage.function, stage.takes)
        };
        assert_eq!(
            stages(flow).into_iter().map(told).collect::<Vec<_>>(),
            [
                "1 read takes []",
                "2 count takes [0]",
                "2 items.item.title takes [0]",
                "2 untitled takes [2] on error",
                "3 print takes [1, 2, 3]",
                "4 close takes []",
            ]
        );
    }
}

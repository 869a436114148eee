//! The graph of actions: one build and one adapt for each component, one compose, one
//! precompile; and a precompile for each component that is to be run by itself.

use std::fmt;
use std::str::FromStr;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::manifest::Manifest;

/// What makes one artifact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Action {
    /// Runs a toolchain's steps on a component's sources.
    Build(String),
    /// Makes what was built into a valid component of its world.
    Adapt(String),
    /// Makes one component of all.
    Compose,
    /// Compiles the composed component for this machine, or a component as it is by itself.
    Precompile(Option<String>),
}

impl Action {
    /// The action's verb, one word.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Build(_) => "build",
            Self::Adapt(_) => "adapt",
            Self::Compose => "compose",
            Self::Precompile(_) => "precompile",
        }
    }

    /// The component that it is about, if it is about one.
    pub fn component(&self) -> Option<&str> {
        match self {
            Self::Build(name) | Self::Adapt(name) | Self::Precompile(Some(name)) => Some(name),
            Self::Compose | Self::Precompile(None) => None,
        }
    }
}

/// `build data-source`, `compose`: how an action is named in messages and in state files.
impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.component() {
            Some(component) => write!(formatter, "{} {component}", self.verb()),
            None => formatter.write_str(self.verb()),
        }
    }
}

impl Serialize for Action {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that names no action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no action")]
pub struct NoAction(String);

/// The reverse of [`Action`]'s `Display`.
impl FromStr for Action {
    type Err = NoAction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(' ') {
            Some(("build", name)) => Ok(Self::Build(name.to_owned())),
            Some(("adapt", name)) => Ok(Self::Adapt(name.to_owned())),
            Some(("precompile", name)) => Ok(Self::Precompile(Some(name.to_owned()))),
            None if text == "compose" => Ok(Self::Compose),
            None if text == "precompile" => Ok(Self::Precompile(None)),
            _ => Err(NoAction(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Action {
    type Error = NoAction;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// The graph of actions of a pipeline: each with those whose artifacts it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    needs: IndexMap<Action, Vec<Action>>,
}

impl Plan {
    /// All that a pipeline can ask for, up to the composed component, and to the precompiled
    /// one where it is to be run.
    pub fn of(manifest: &Manifest, run: bool) -> Self {
        let mut needs = IndexMap::new();
        let mut adapted = Vec::new();
        for name in manifest.components.keys() {
            let build = Action::Build(name.get_ref().clone());
            let adapt = Action::Adapt(name.get_ref().clone());
            needs.insert(build.clone(), Vec::new());
            needs.insert(adapt.clone(), vec![build]);
            adapted.push(adapt);
        }
        needs.insert(Action::Compose, adapted);
        if run {
            needs.insert(Action::Precompile(None), vec![Action::Compose]);
        }
        Self { needs }
    }

    /// What leads to the parts of the composition, and no further.
    pub fn of_parts(manifest: &Manifest) -> Self {
        let mut plan = Self::of(manifest, false);
        plan.needs.shift_remove(&Action::Compose);
        plan
    }

    /// What leads to machine code of each of `components` by itself, and no further.
    pub fn of_alone<'a>(
        manifest: &Manifest,
        components: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut needs = IndexMap::new();
        let whole = Self::of_parts(manifest).needs;
        for name in components {
            let adapt = Action::Adapt(name.to_owned());
            for action in [Action::Build(name.to_owned()), adapt.clone()] {
                needs.insert(action.clone(), whole[&action].clone());
            }
            needs.insert(Action::Precompile(Some(name.to_owned())), vec![adapt]);
        }
        Self { needs }
    }

    /// The actions, and for each what it takes, in the order of the manifest: each stands
    /// after those that it takes from.
    pub fn needs(&self) -> &IndexMap<Action, Vec<Action>> {
        &self.needs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_read_as_it_is_written() {
        for action in [
            Action::Build("a".into()),
            Action::Adapt("build".into()),
            Action::Compose,
            Action::Precompile(None),
            Action::Precompile(Some("a".into())),
        ] {
            assert_eq!(action.to_string().parse(), Ok(action));
        }
        assert!("compose a".parse::<Action>().is_err());
    }

    #[test]
    fn compose_takes_every_component_and_precompile_takes_compose() {
        let manifest = Manifest::parse(
            "pipeline.toml",
            "[pipeline]\nname = 'p'\n\
             [component.b]\npath = 'b'\ntoolchain = 't'\n\
             [component.a]\npath = 'a'\ntoolchain = 't'\n",
        )
        .expect("a valid manifest");

        let plan = Plan::of(&manifest, true);

        let listed: Vec<String> = plan
            .needs()
            .iter()
            .map(|(action, needs)| {
                let needs: Vec<String> = needs.iter().map(ToString::to_string).collect();
                format!("{action} <- {}", needs.join(", "))
            })
            .collect();
        assert_eq!(
            listed,
            [
                "build b <- ",
                "adapt b <- build b",
                "build a <- ",
                "adapt a <- build a",
                "compose <- adapt b, adapt a",
                "precompile <- compose",
            ]
        );
        assert!(!Plan::of(&manifest, false).needs().contains_key(&Action::Precompile(None)));
        let parts: Vec<_> = Plan::of_parts(&manifest).needs.into_keys().collect();
        assert_eq!(parts.last(), Some(&Action::Adapt("a".into())));
        let alone = Plan::of_alone(&manifest, ["a"]);
        let alone: Vec<_> = alone.needs.keys().map(ToString::to_string).collect();
        assert_eq!(alone, ["build a", "adapt a", "precompile a"]);
    }
}

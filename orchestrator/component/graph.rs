//! A pipeline's composition as a person may want to see it: what takes part, who calls whom and
//! why, what goes out and what is left.
//!
//! This is plain data, in the order of the manifest or of names; how it looks is `report`'s. It
//! is there, without links, when the parts cannot be linked too: then it says what the problem is.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::compose::Choice;
use super::wiring::{LeftTo, Link, Wiring};
use super::world::{split_version, track};

/// A composition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Graph {
    /// The pipeline.
    pub pipeline: String,
    /// The components, in the order of the manifest.
    pub components: Vec<Component>,
    /// The flows, in the order of the manifest.
    pub flows: Vec<Flow>,
    /// The links between components, by consumer and import; the flows' own are their stages.
    pub links: Vec<Link>,
    /// What the composed component exports.
    pub exports: Vec<Export>,
    /// What it imports.
    pub left: Vec<Leftover>,
    /// The instances that neither a flow nor a link needs, and that are left out.
    pub unused: Vec<String>,
    /// Who composes it, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composer: Option<Choice>,
    /// Why it cannot be composed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// The language that its toolchain compiles.
    pub language: String,
    /// Its toolchain.
    pub toolchain: String,
    /// Bytes, as it takes part: adapted, and not composed yet.
    pub size: u64,
    /// The names of its instances; its own, if there is just one.
    pub instances: Vec<String>,
}

/// A flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// Its name, which is that of the exported function.
    pub name: String,
    /// The calls that it makes.
    pub stages: Vec<Stage>,
}

/// A call of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stage {
    /// The number of its step, from 1. All stages of a step take what the one before handed on.
    pub step: usize,
    /// The instance that is called.
    pub part: String,
    /// The function: `function`, or `interface.function`.
    pub function: String,
    /// Those among the stages, by position from 0, whose result it takes; one that takes of none
    /// has the flow's own parameters, or constants.
    pub takes: Vec<usize>,
    /// Whether it takes an error of that one, and stands in for it.
    pub on_error: bool,
}

impl Stage {
    /// Whether it has nothing but constants: the flow's own parameters go to the first step.
    pub fn takes_constants(&self) -> bool {
        self.step > 1 && self.takes.is_empty()
    }

    /// Whether what it takes comes from outside the flow.
    pub fn begins(&self) -> bool {
        self.step == 1 && self.takes.is_empty()
    }
}

/// Something that the composed component exports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub of: Offers,
}

/// Who offers an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Offers {
    /// A flow.
    Flow(String),
    /// An instance.
    Part(String),
}

/// Something that the composed component imports. It is one import, whoever wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Leftover {
    /// Its name.
    pub import: String,
    /// The instances that import it; none, if only flows do.
    pub wanted_by: Vec<String>,
    /// What is behind it.
    pub given: Given,
}

/// What stands behind an import.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Given {
    /// What these grants give, in the manifest's words.
    Granted(Vec<String>),
    /// Nothing is granted; what there is instead.
    Nothing(&'static str),
    /// Nothing has to be granted: it leads out of the sandbox by no way of its own.
    Free(&'static str),
}

impl Given {
    /// What `grants` say, or `instead` if they say nothing.
    pub fn of(grants: impl IntoIterator<Item = String>, instead: &'static str) -> Self {
        let grants: Vec<String> = grants.into_iter().collect();
        if grants.is_empty() { Self::Nothing(instead) } else { Self::Granted(grants) }
    }
}

impl std::fmt::Display for Given {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Granted(grants) => write!(out, "granted: {}", grants.join("; ")),
            Self::Nothing(instead) => write!(out, "nothing is granted: {instead}"),
            Self::Free(why) => write!(out, "needs no grant: {why}"),
        }
    }
}

/// Leftover imports of one package behind which there is the same, whoever wants them, and in
/// whichever of its compatible versions: what is granted to one is granted to all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftoverGroup<'g> {
    /// The imports: `wasi:cli/exit@0.2.3`, or several as `wasi:cli/{exit, stdin}@0.2`.
    pub imports: String,
    /// The instances that import one of them, in the order of the manifest; none, if only flows
    /// do.
    pub wanted_by: Vec<&'g str>,
    /// What is behind them.
    pub given: &'g Given,
}

impl Graph {
    /// The parts that take part in the composition, in the order of the manifest, each with the
    /// component that it is an instance of.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &Component)> {
        self.components
            .iter()
            .flat_map(|component| component.instances.iter().map(move |name| (&**name, component)))
    }

    /// What is left, told in few lines: by package, and what is behind it.
    pub fn left_in_groups(&self) -> Vec<LeftoverGroup<'_>> {
        let mut groups = BTreeMap::<_, Vec<&Leftover>>::new();
        for left in &self.left {
            let (name, _) = split_version(&left.import);
            let package = name.split_once('/').map_or(name, |(package, _)| package);
            let version = track(&left.import).map(|(_, version)| version);
            groups.entry((package, version, &left.given)).or_default().push(left);
        }
        let wants = |part: &str, of: &[&Leftover]| {
            of.iter().any(|left| left.wanted_by.iter().any(|name| name == part))
        };
        let groups = groups.into_iter();
        groups
            .map(|((package, _, given), of)| LeftoverGroup {
                imports: imports(package, &of),
                wanted_by: self
                    .parts()
                    .map(|(part, _)| part)
                    .filter(|part| wants(part, &of))
                    .collect(),
                given,
            })
            .collect()
    }

    /// Adds what `wiring` says. `flow` is the name of the part that holds the flows, and
    /// `exports` what the root exports; `given` says what the host gives by an import.
    #[must_use]
    pub fn wired(
        self,
        wiring: &Wiring,
        flow: Option<&str>,
        exports: impl IntoIterator<Item = String>,
        given: impl Fn(&str) -> Given,
    ) -> Self {
        let is_flow = |part: &str| flow == Some(part);
        let of_root = |name: String| {
            let of = if is_flow(&wiring.root) {
                Offers::Flow(name.clone())
            } else {
                Offers::Part(wiring.root.clone())
            };
            Export { name, of }
        };
        let exposed = wiring.exposed.iter().map(|exposed| Export {
            name: exposed.export.clone(),
            of: Offers::Part(exposed.provider.clone()),
        });
        let leftover = |(import, left): (&String, &super::wiring::Left)| Leftover {
            import: import.clone(),
            wanted_by: left.wanted_by.iter().filter(|part| !is_flow(part)).cloned().collect(),
            given: match left.to {
                LeftTo::Host => given(import),
                LeftTo::Nobody => Given::Free("it consists of types"),
            },
        };
        let own = |link: &&Link| !is_flow(&link.consumer);
        Self {
            links: wiring.links.iter().filter(own).cloned().collect(),
            exports: exports.into_iter().map(of_root).chain(exposed).collect(),
            left: wiring.left.iter().map(leftover).collect(),
            unused: wiring.unused.clone(),
            ..self
        }
    }
}

/// Imports of one package under one name.
fn imports(package: &str, of: &[&Leftover]) -> String {
    let split = of.iter().map(|left| split_version(&left.import));
    let (names, versions): (BTreeSet<&str>, BTreeSet<Option<semver::Version>>) = split.unzip();
    let interfaces: Vec<&str> =
        names.into_iter().filter_map(|name| Some(name.split_once('/')?.1)).collect();
    let versions: Vec<semver::Version> = versions.into_iter().flatten().collect();
    let version = match &versions[..] {
        [] => String::new(),
        [version] => format!("@{version}"),
        // What compatible versions have in common.
        [first, ..] if first.major == 0 => format!("@0.{}", first.minor),
        [first, ..] => format!("@{}", first.major),
    };
    match interfaces[..] {
        [] => format!("{package}{version}"),
        [interface] => format!("{package}/{interface}{version}"),
        _ => format!("{package}/{{{}}}{version}", interfaces.join(", ")),
    }
}

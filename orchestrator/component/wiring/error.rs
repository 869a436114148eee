//! Why a pipeline's components cannot be linked.

use std::collections::BTreeSet;

use miette::Diagnostic;
use thiserror::Error;

use super::Link;
use crate::component::world::{Mismatch, is_provided};
use crate::nearest::quoted;

/// Why [`super::wire`] refuses a pipeline; [`WiringError::about`] says where to look.
#[derive(Debug, Error, Diagnostic)]
pub enum WiringError {
    /// There is no component at all.
    #[error("there is nothing to compose")]
    #[diagnostic(help("add a `[component.NAME]` table"))]
    Nothing,
    /// No export meets an import.
    #[error("component `{component}` imports `{import}`, which nothing provides")]
    #[diagnostic(help("{help}"))]
    Unmet {
        /// Who imports it.
        component: String,
        /// What is imported.
        import: String,
        /// Near names, or how to link explicitly.
        help: String,
    },
    /// Several exports meet an import equally well.
    #[error(
        "component `{component}` imports `{import}`, which several components export: {}",
        quoted(providers.iter().map(String::as_str))
    )]
    #[diagnostic(help(
        "say which one in `[link]`, such as: \"{component}/{import}\" = \"{}\"",
        providers.first().map(String::as_str).unwrap_or_default()
    ))]
    Ambiguous {
        /// Who imports it.
        component: String,
        /// What is imported.
        import: String,
        /// Each candidate as the right side of an explicit link.
        providers: Vec<String>,
    },
    /// What meets an import by name has another type.
    #[error(
        "component `{component}` imports `{import}`, but the `{export}` of component `{provider}` differs: \
         {mismatch}"
    )]
    #[diagnostic(help("{help}"))]
    Mismatch {
        /// Who imports it.
        component: String,
        /// What is imported.
        import: String,
        /// Who exports it.
        provider: String,
        /// What is exported.
        export: String,
        /// Where they differ: in structure, or in whose resource they mean.
        mismatch: Box<Mismatch>,
        /// How to make them agree.
        help: Box<str>,
    },
    /// An interface is left to the host, or to nobody, while the owner of its resources is a
    /// component.
    #[error(
        "component `{component}` leaves `{import}` {}, but that uses resource `{resource}` of \
         `{owner}`, which component `{provider}` provides",
        if is_provided(import) { "to the host" } else { "open" }
    )]
    #[diagnostic(help("{help}"))]
    SplitResource {
        /// Who imports.
        component: String,
        /// The interface that is left.
        import: String,
        /// The resource.
        resource: Box<str>,
        /// The interface that owns it.
        owner: Box<str>,
        /// Who provides that one.
        provider: String,
        /// How both come from one place.
        help: Box<str>,
    },
    /// Interfaces of one name would be exported from two parts.
    #[error(
        "component `{component}` hands out resources of `{export}` both of `{one}` and of `{other}`, and \
         only one interface of that name can be exported beside its own"
    )]
    #[diagnostic(help("let it hand out the resources of one of them alone"))]
    HandedOutTwice {
        /// The root.
        component: String,
        /// The interface.
        export: String,
        /// Who owns some of the resources.
        one: String,
        /// Who owns the others.
        other: String,
    },
    /// Components need each other in a circle.
    #[error("components need each other in a circle: {}", around(cycle))]
    #[diagnostic(help(
        "an arrow reads `needs`, and what; link one of these imports to another component"
    ))]
    Cycle {
        /// The links on it: each leads from the provider of the one before.
        cycle: Vec<Link>,
    },
    /// Several components could be the root.
    #[error(
        "no component needs {}, so that each of them could be the one to export",
        quoted(roots.iter().map(String::as_str))
    )]
    #[diagnostic(help("name what the pipeline exports with a `[flow.NAME]`, or link them"))]
    SeveralRoots {
        /// The components from which none takes anything.
        roots: Vec<String>,
    },
    /// An explicit link names a component that does not exist.
    #[error("link `{link}` names component `{component}`, which does not exist")]
    #[diagnostic(help("{help}"))]
    UnknownComponent {
        /// The link's left side.
        link: String,
        /// The name that points nowhere.
        component: String,
        /// Near names, or all.
        help: String,
    },
    /// An explicit link names an import that the component does not have.
    #[error("link `{link}` names an import that component `{component}` does not have")]
    #[diagnostic(help("{help}"))]
    UnknownImport {
        /// The link's left side.
        link: String,
        /// The component.
        component: String,
        /// Near names, or all.
        help: String,
    },
    /// An explicit link names an export that the component does not have.
    #[error("link `{link}` wants `{export}` of component `{component}`, which does not export it")]
    #[diagnostic(help("{help}"))]
    UnknownExport {
        /// The link's left side.
        link: String,
        /// The component.
        component: String,
        /// The export that points nowhere.
        export: String,
        /// Near names, or all.
        help: String,
    },
    /// An explicit link leads from a component to itself.
    #[error("link `{link}` meets an import of component `{component}` by its own export")]
    #[diagnostic(help("a component cannot be there before it is there; link another one"))]
    Itself {
        /// The link's left side.
        link: String,
        /// The component.
        component: String,
    },
    /// Two explicit links are about the same import.
    #[error("link `{link}` is about an import that another link meets already")]
    #[diagnostic(help("remove one of them"))]
    Twice {
        /// The link's left side.
        link: String,
    },
}

/// `a → b (x:y/z) → a (p:q/r)`.
fn around(cycle: &[Link]) -> String {
    let first = cycle.first().map(|link| link.consumer.clone()).into_iter();
    let steps = cycle.iter().map(|link| format!("{} ({})", link.provider, link.import));
    first.chain(steps).collect::<Vec<_>>().join(" → ")
}

/// What an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About<'e> {
    /// A part, by its name.
    Component(&'e str),
    /// An explicit link, by its left side.
    Link(&'e str),
}

impl WiringError {
    /// What it is about, what matters most first, each with a few words on its role.
    pub fn about(&self) -> Vec<(About<'_>, &'static str)> {
        let component = |name, role| (About::Component(name), role);
        match self {
            Self::Nothing => Vec::new(),
            Self::Unmet { component: name, .. } => vec![component(name, "imports it")],
            Self::Ambiguous { component: name, providers, .. } => {
                let providers = providers.iter().filter_map(|provider| provider.split_once('/'));
                let providers: BTreeSet<&str> = providers.map(|(name, _)| name).collect();
                let providers = providers.into_iter().map(|name| component(name, "exports it"));
                std::iter::once(component(name, "imports it")).chain(providers).collect()
            }
            Self::Mismatch { component: name, provider, .. } => {
                vec![component(name, "imports it"), component(provider, "exports it")]
            }
            Self::SplitResource { component: name, provider, .. } => {
                vec![component(name, "imports both"), component(provider, "provides one")]
            }
            Self::HandedOutTwice { component: name, one, other, .. } => vec![
                component(name, "hands out both"),
                component(one, "owns some"),
                component(other, "owns others"),
            ],
            Self::Cycle { cycle } => {
                cycle.iter().map(|link| component(&link.consumer, "on the circle")).collect()
            }
            Self::SeveralRoots { roots } => {
                roots.iter().map(|name| component(name, "not needed by others")).collect()
            }
            Self::UnknownComponent { link, .. }
            | Self::UnknownImport { link, .. }
            | Self::UnknownExport { link, .. }
            | Self::Itself { link, .. }
            | Self::Twice { link } => vec![(About::Link(link), "this link")],
        }
    }
}

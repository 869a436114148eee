//! Why a pipeline's components cannot be linked.

use miette::Diagnostic;
use thiserror::Error;

use crate::component::world::Mismatch;
use crate::nearest::quoted;

/// Why [`super::wire`] refuses a pipeline. Variants about an explicit link carry its left side
/// as the manifest has it, so that the place can be shown.
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
    /// An interface is left to the host while the owner of its resources is a component.
    #[error(
        "component `{component}` leaves `{import}` to the host, but that uses resource `{resource}` of \
         `{owner}`, which component `{provider}` provides"
    )]
    #[diagnostic(help(
        "link both to the same component, or neither, such as: \"{component}/{import}\" = \"{provider}\""
    ))]
    SplitResource {
        /// Who imports.
        component: String,
        /// The interface that is left.
        import: String,
        /// The resource.
        resource: String,
        /// The interface that owns it.
        owner: String,
        /// Who provides that one.
        provider: String,
    },
    /// Components need each other in a circle.
    #[error("components need each other in a circle: {}", cycle.join(" → "))]
    #[diagnostic(help("an arrow reads `needs`; break the circle at one of them"))]
    Cycle {
        /// The components on it, the first one again at the end.
        cycle: Vec<String>,
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

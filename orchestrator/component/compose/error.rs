//! Why parts that fit by their wiring do not compose.

use miette::Diagnostic;
use thiserror::Error;

use super::Engine;
use crate::component::Cause;
use crate::component::wiring::Link;
use crate::component::world::Mismatch;

/// Why [`super::compose`] failed.
#[derive(Debug, Error, Diagnostic)]
pub enum ComposeError {
    /// The wiring names a component that is not among the parts.
    #[error("the wiring names component `{component}`, which is not among the parts")]
    UnknownPart {
        /// The component.
        component: String,
    },
    /// The engine cannot read a part.
    #[error("component `{component}` cannot be composed by {engine}")]
    Part {
        /// The part.
        component: String,
        /// The engine.
        engine: Engine,
        /// What the engine says.
        #[source]
        cause: Cause,
    },
    /// The engine does not accept a link.
    #[error(
        "import `{import}` of component `{component}` cannot be met by component `{provider}` \
         through {engine}"
    )]
    #[diagnostic(help("{}", engine.remedy()))]
    Link {
        /// Who imports.
        component: String,
        /// What is imported.
        import: String,
        /// Who exports.
        provider: String,
        /// The engine.
        engine: Engine,
        /// What the engine says.
        #[source]
        cause: Cause,
    },
    /// Two components leave different things of one name to the host.
    #[error(
        "components `{one}` and `{other}` both import `{import}`, which no component provides, and do \
         not mean the same by it: {mismatch}"
    )]
    #[diagnostic(help("both components must be built from the same WIT"))]
    Different {
        /// The import.
        import: String,
        /// Who imports it.
        one: String,
        /// Who imports it too.
        other: String,
        /// How they differ: what `one` expects, and what is found in `other`.
        mismatch: Box<Mismatch>,
    },
    /// The engine exports one part, and more is to be exported.
    #[error(
        "{engine} cannot export `{export}` of component `{component}` beside what the root exports, and \
         the root hands out resources of it"
    )]
    #[diagnostic(help("{}", engine.remedy()))]
    Exposed {
        /// The part.
        component: String,
        /// The interface.
        export: String,
        /// The engine.
        engine: Engine,
    },
    /// The engine does not accept the whole.
    #[error("{engine} cannot compose the components")]
    #[diagnostic(help("{}", engine.remedy()))]
    Encoding {
        /// The engine.
        engine: Engine,
        /// What the engine says.
        #[source]
        cause: Cause,
    },
    /// The engine panicked.
    #[error("{engine} broke down over these components: {said}")]
    #[diagnostic(help("{}", engine.remedy()))]
    BrokeDown {
        /// The engine.
        engine: Engine,
        /// What it said at the end.
        said: String,
    },
    /// What the engine wrote is invalid.
    #[error("what {engine} made of the components is invalid")]
    #[diagnostic(help("{}", engine.remedy()))]
    Invalid {
        /// The engine.
        engine: Engine,
        /// What the validator met.
        #[source]
        cause: Cause,
    },
}

impl ComposeError {
    /// The engine does not accept `link`.
    pub(super) fn link(link: &Link, engine: Engine, cause: Cause) -> Self {
        Self::Link {
            component: link.consumer.clone(),
            import: link.import.clone(),
            provider: link.provider.clone(),
            engine,
            cause,
        }
    }
}

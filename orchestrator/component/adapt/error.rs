//! Why a tool's output is not a component of its world.

use miette::Diagnostic;
use thiserror::Error;

use crate::component::Cause;
use crate::component::outline::TooDeep;
use crate::component::wit::UnknownWorld;
use crate::component::world::{Mismatch, WorldError};

/// Why [`super::adapt`] refuses some bytes.
#[derive(Debug, Error, Diagnostic)]
pub enum AdaptError {
    /// The bytes are something else.
    #[error("this is not WebAssembly: it is {found}")]
    #[diagnostic(help("the toolchain's output path may point at the wrong file"))]
    NotWebAssembly {
        /// What they look like.
        found: String,
    },
    /// The bytes are WebAssembly and invalid, or what was encoded from them is.
    #[error("invalid WebAssembly")]
    #[diagnostic(help("the tool left a file that is cut off or damaged: build it again"))]
    Invalid {
        /// What the validator met.
        #[source]
        cause: Cause,
    },
    /// Too many components lie in one another.
    #[error(transparent)]
    #[diagnostic(transparent)]
    TooDeep(#[from] TooDeep),
    /// The WIT package has no such world.
    #[error(transparent)]
    #[diagnostic(transparent)]
    UnknownWorld(#[from] UnknownWorld),
    /// A core module carries no WIT, and none was named.
    #[error("this core module carries no WIT, and no world is named for it")]
    #[diagnostic(help("name the `world` that it implements in its `[component]` table"))]
    NoWorld,
    /// A core module carries WIT that cannot be read.
    #[error("the WIT that this core module carries cannot be read")]
    DamagedMetadata {
        /// What the decoder met.
        #[source]
        cause: Cause,
    },
    /// A core module lacks a function that its world promises.
    #[error("this core module lacks the export `{expected}`, which its world `{world}` promises")]
    #[diagnostic(help("{help}"))]
    MissingExport {
        /// The world.
        world: String,
        /// The name under which the function must be exported.
        expected: String,
        /// The exports that come near, or all.
        help: String,
    },
    /// A core module has no allocator that the canonical ABI could call.
    #[error(
        "this core module lacks the export `cabi_realloc`, which passing strings and lists needs"
    )]
    #[diagnostic(help(
        "binding generators such as wit-bindgen add it; it may have been removed by a linker or a strip step"
    ))]
    MissingRealloc,
    /// A core module speaks a WASI older than preview1.
    #[error("this core module imports `wasi_unstable`, which is older than WASI preview1")]
    #[diagnostic(help("build it with a newer toolchain"))]
    TooOldWasi,
    /// The encoder refuses for another reason.
    #[error("encoding this core module as a component failed")]
    Encoding {
        /// The encoder's own words.
        #[source]
        cause: Cause,
    },
    /// The component's own world cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    World(#[from] WorldError),
    /// The component lacks an export that its world promises.
    #[error("this component lacks the export `{expected}`, which its world `{world}` promises")]
    #[diagnostic(help("{help}"))]
    MissingComponentExport {
        /// The world.
        world: String,
        /// The interface or function that is missing.
        expected: String,
        /// The exports that come near, or all.
        help: String,
    },
    /// An export has another type than its world says.
    #[error(
        "the export `{export}` of this component is not what its world `{world}` promises: {mismatch}"
    )]
    #[diagnostic(help("the component may have been built from other WIT than the pipeline's"))]
    DifferentExport {
        /// The world.
        world: String,
        /// The export.
        export: String,
        /// Where they differ.
        mismatch: Mismatch,
    },
}

impl AdaptError {
    /// The encoder's error, told apart by what it says where it has no type of its own.
    pub(super) fn encoding(error: impl Into<Cause>) -> Self {
        let cause = error.into();
        let mut layer: Option<&(dyn std::error::Error + 'static)> = Some(cause.as_ref());
        while let Some(current) = layer {
            if current.to_string().contains("does not export a function named `cabi_realloc`") {
                return Self::MissingRealloc;
            }
            layer = current.source();
        }
        Self::Encoding { cause }
    }
}

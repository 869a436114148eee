//! A component that takes part in a composition: its name, its bytes and its decoded world.

use std::borrow::Cow;

use miette::Diagnostic;
use thiserror::Error;

use super::world::{self, World, WorldError};

/// One component of a pipeline, ready to be linked.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// Its name in the manifest.
    pub name: String,
    /// The component.
    pub bytes: Cow<'a, [u8]>,
    /// Its imports and exports.
    pub world: World,
}

/// Why a component cannot take part.
#[derive(Debug, Error, Diagnostic)]
#[error("component `{name}` cannot take part in the composition")]
pub struct PartError {
    /// The component's name.
    pub name: String,
    /// What is wrong with it.
    #[source]
    #[diagnostic_source]
    pub cause: WorldError,
}

impl<'a> Part<'a> {
    /// Decodes the world of `bytes`.
    pub fn new(
        name: impl Into<String>,
        bytes: impl Into<Cow<'a, [u8]>>,
    ) -> Result<Self, PartError> {
        let (name, bytes) = (name.into(), bytes.into());
        match world::decode(&bytes) {
            Ok(world) => Ok(Self { name, bytes, world }),
            Err(cause) => Err(PartError { name, cause }),
        }
    }
}

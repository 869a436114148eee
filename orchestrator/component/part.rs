//! A component that takes part in a composition: its names, its bytes and its decoded world.

use std::borrow::Cow;

use miette::Diagnostic;
use thiserror::Error;

use super::world::{self, World, WorldError};

/// One instance of a component, ready to be linked. Most components have one, of their own name.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// Its name, by which links and flows call it.
    pub name: String,
    /// The name of the component that it is an instance of.
    pub component: String,
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
            Ok(world) => Ok(Self { component: name.clone(), name, bytes, world }),
            Err(cause) => Err(PartError { name, cause }),
        }
    }
}

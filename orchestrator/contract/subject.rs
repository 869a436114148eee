//! What can be compared: a WIT package, or a component.

use std::collections::BTreeSet;

use miette::Diagnostic;
use thiserror::Error;
use wit_component::WitPrinter;
use wit_parser::decoding::DecodedWasm;
use wit_parser::{PackageId, PackageName, Resolve, WorldId};

use super::text::View;
use crate::component::guard::guarded;
use crate::component::inspect::{self, Kind};
use crate::component::wit::Wit;
use crate::component::world;

/// A contract with all that it uses.
#[derive(Debug, Clone)]
pub struct Subject {
    resolve: Resolve,
    package: PackageId,
    /// The world of a component.
    world: Option<WorldId>,
}

/// Why there is nothing to show or to compare.
#[derive(Debug, Error, Diagnostic)]
pub enum SubjectError {
    /// The bytes are something else.
    #[error("this is not WebAssembly: it is {found}")]
    NotWebAssembly {
        /// What they look like.
        found: String,
    },
    /// A core module carries no WIT.
    #[error("this is a core module that carries no WIT")]
    #[diagnostic(help("a component, or a module with its WIT embedded, is needed"))]
    NoWit,
    /// The bytes do not decode.
    #[error("the WIT in this file cannot be read")]
    Undecodable {
        /// What the decoder met.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A component on one side, a package on the other.
    #[error("{new} cannot be compared with {old}")]
    #[diagnostic(help(
        "compare a WIT package with an older one (text, or a `.wasm` that holds WIT), \
         and a component with an older component"
    ))]
    OtherKind {
        /// What the old contract is.
        old: &'static str,
        /// What the new one is.
        new: &'static str,
    },
    /// Two packages that have nothing to do with each other.
    #[error("package `{new}` is not another version of package `{old}`")]
    #[diagnostic(help("name an older state of the same package"))]
    OtherPackage {
        /// The old package.
        old: String,
        /// The new package.
        new: String,
    },
}

impl Subject {
    /// A package read from text.
    pub fn of_text(wit: Wit) -> Self {
        Self { resolve: wit.resolve, package: wit.package, world: None }
    }

    /// The package `name` of those that were read together, if it is one of them.
    pub fn of_package(wit: Wit, name: &PackageName) -> Option<Self> {
        let package = *wit.resolve.package_names.get(name)?;
        Some(Self { resolve: wit.resolve, package, world: None })
    }

    /// What the bytes of a component, of a core module that carries WIT, or of a WIT package in
    /// binary form say.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, SubjectError> {
        let undecodable = |cause| SubjectError::Undecodable { cause };
        match inspect::kind(bytes) {
            None => Err(SubjectError::NotWebAssembly { found: inspect::describe_other(bytes) }),
            Some(Kind::Component) => match world::read(bytes).map_err(undecodable)? {
                DecodedWasm::WitPackage(resolve, package) => {
                    Ok(Self { resolve, package, world: None })
                }
                DecodedWasm::Component(resolve, world) => Ok(Self::of_world(resolve, world)),
            },
            Some(Kind::Module) => {
                let decoded = guarded(|| wit_component::metadata::decode(bytes));
                let decoded = decoded.map_err(|said| undecodable(said.into()))?;
                let (without, bindings) = decoded.map_err(|error| undecodable(error.into()))?;
                // There is a module without its WIT only where there was WIT.
                without.ok_or(SubjectError::NoWit)?;
                Ok(Self::of_world(bindings.resolve, bindings.world))
            }
        }
    }

    fn of_world(resolve: Resolve, world: WorldId) -> Self {
        let package = resolve.worlds[world].package.expect("a decoded world lies in a package");
        Self { resolve, package, world: Some(world) }
    }

    /// All of it as WIT text that stands by itself: the package first, then those that it uses.
    pub fn wit(&self) -> String {
        let others: Vec<PackageId> = self
            .resolve
            .topological_packages()
            .into_iter()
            .filter(|id| *id != self.package)
            .collect();
        self.print(&others)
    }

    fn print(&self, others: &[PackageId]) -> String {
        let mut printer = WitPrinter::default();
        printer.print(&self.resolve, self.package, others).expect("a string can be written to");
        printer.output.to_string()
    }

    /// Whether it is a component's world, and not a package.
    pub fn is_component(&self) -> bool {
        self.world.is_some()
    }

    /// The package: that of the WIT, or the one that a component's world lies in.
    pub fn package(&self) -> &PackageName {
        &self.resolve.packages[self.package].name
    }

    /// The package alone as WIT text.
    pub fn package_wit(&self) -> String {
        self.print(&[])
    }

    /// The packages that this one uses.
    pub fn uses(&self) -> BTreeSet<PackageName> {
        let used = self.resolve.package_direct_deps(self.package);
        used.map(|id| self.resolve.packages[id].name.clone()).collect()
    }

    pub(super) fn view(&self) -> View<'_> {
        View { resolve: &self.resolve, package: self.package }
    }

    pub(super) fn world(&self) -> Option<WorldId> {
        self.world
    }

    pub(super) fn kind(&self) -> &'static str {
        if self.world.is_some() { "a component" } else { "a WIT package" }
    }
}

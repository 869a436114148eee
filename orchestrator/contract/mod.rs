//! WIT as a contract: what changed between two states of it, how grave each change is, and
//! which version it asks for.
//!
//! A contract is a WIT package (text, or in binary form) or a component, whose world is all that
//! is known of it. An item is everything with a name: an interface, a world, a type, a function.
//! The two sides of an interface are its *callers* and its *implementers*; those of a world are
//! its *hosts*, which meet its imports and call its exports, and its *components*.
//!
//! # What each change means
//!
//! In an interface, that of two versions the newer one is to be provided is the convention by
//! which WIT's versions work: callers of the old version can be linked to a provider of the new
//! one. So whatever the old callers need is kept, or the change is breaking.
//!
//! | in an interface | level | who has to act |
//! |---|---|---|
//! | function, method, static function or constructor added | addition | implementers, when they move up |
//! | function removed | breaking | callers |
//! | parameter added, removed, renamed or moved, its type or the result another, `async` put there or taken away | breaking | callers and implementers: the component model compares signatures for equality |
//! | type or resource added | addition | nobody |
//! | type or resource removed | breaking | callers and implementers, who name it |
//! | record field, variant case, enum case or flag added or removed | breaking | both: a type that is not equal is another type |
//! | the same in another order, or with another type inside | breaking | both |
//! | type spelt otherwise that is structurally the same (an alias, a `use`) | none | nobody |
//! | resource defined in another interface | breaking | both: resources are the same by their place, not their structure |
//! | documentation, `@since` | fix | nobody |
//!
//! A world has no place in a component: nothing says for which version of it a component was
//! built, so that no linker could tell old from new. Whatever comes or goes is breaking for one
//! of the two sides.
//!
//! | in a world | level | who has to act |
//! |---|---|---|
//! | import added | breaking | hosts: components of the new world need it |
//! | import removed | breaking | components: those of the old world need it |
//! | export added | breaking | components: those of the old world lack it |
//! | export removed | breaking | hosts, which call it |
//! | import or export of an interface with nothing but types, or a type, added | addition | nobody: there is nothing to provide |
//! | another compatible version of a foreign interface | addition | nobody |
//! | another incompatible version of one | as removed and added | |
//! | function of an interface that is written in the world | as the import or export of it | |
//! | function of a foreign interface without a version, or whose content is another in the same version | as the import or export of it | |
//! | type in one of these | as in an interface | hosts and components |
//!
//! | in a package | level | who has to act |
//! |---|---|---|
//! | interface or world added | addition | nobody |
//! | interface or world removed | breaking | callers and implementers; hosts and components |
//!
//! | of any item | level | |
//! |---|---|---|
//! | anything at all while it is `@unstable`, or below what is | none | no promise was made; it is told all the same |
//! | `@unstable` becomes stable | addition | |
//! | stable becomes `@unstable` | breaking | it is gone for those who use stable items alone |
//! | `@deprecated` put there | addition | |
//! | `@deprecated` taken away | fix | |
//! | removed after `@deprecated` | breaking | and it says that it had been announced |
//! | added, and `@since` a version that lacks it | as added | and it says so |
//!
//! A component is a world with the one who implements it, so that its exports are an offer:
//!
//! | of a component | level | who has to act |
//! |---|---|---|
//! | import added | breaking | hosts |
//! | import removed | addition | nobody |
//! | export, or function of an exported interface, added | addition | nobody |
//! | export, or function of an exported interface, removed or with another signature | breaking | hosts |
//! | function of an imported interface without a version added | breaking | hosts |
//!
//! Versions: see [`asked`] and [`verdict`].
//!
//! The room is pure, as `component` is.

#![deny(clippy::disallowed_methods)]

mod change;
mod directories;
mod finding;
mod interface;
mod kept;
mod patch;
mod subject;
#[cfg(test)]
mod tests;
mod text;
mod version;
mod walk;
mod world;

use semver::Version;

pub use change::{Change, Level, Side, What};
pub use directories::{Directory, different, twice, unused};
pub use finding::{Finding, Fix, Place, Problem, patch};
pub use kept::kept;
pub use patch::unified;
pub use subject::{Subject, SubjectError};
pub use version::{Step, Verdict, asked, verdict};

use text::View;
use walk::{Notes, Standing, Walk};

/// What changed between two contracts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What was compared: the package's name without its version, or nothing for components.
    pub package: Option<String>,
    /// The version of the old contract.
    pub old: Option<Version>,
    /// The version that the new one declares.
    pub new: Option<Version>,
    /// Every change, in the order of the old text, and what is new after what is old.
    pub changes: Vec<Change>,
}

impl Comparison {
    /// The gravest of all changes.
    pub fn level(&self) -> Level {
        self.changes.iter().map(|change| change.level).max().unwrap_or(Level::Free)
    }

    /// Whether the declared version covers the changes.
    pub fn verdict(&self) -> Verdict {
        verdict(self.old.as_ref(), self.new.as_ref(), self.level())
    }
}

/// Everything in which `new` is not as `old`.
pub fn compare(old: &Subject, new: &Subject) -> Result<Comparison, SubjectError> {
    let (was, is) = (old.view(), new.view());
    let mut walk = Walk::new(was, is);
    let (old_name, new_name) =
        (&was.resolve.packages[was.package].name, &is.resolve.packages[is.package].name);
    let package = match (old.world(), new.world()) {
        (Some(old), Some(new)) => {
            walk.component(old, new);
            None
        }
        (None, None) => {
            let names =
                [old_name, new_name].map(|name| format!("{}:{}", name.namespace, name.name));
            let [old, new] = names;
            if old != new {
                return Err(SubjectError::OtherPackage { old, new });
            }
            package(&mut walk, was, is);
            Some(new)
        }
        _ => {
            return Err(SubjectError::OtherKind { old: old.kind(), new: new.kind() });
        }
    };
    let (old, new) = (old_name.version.clone(), new_name.version.clone());
    Ok(Comparison { package, old, new, changes: walk.changes })
}

fn package<'r>(walk: &mut Walk<'r>, old: View<'r>, new: View<'r>) {
    let (was, is) = (&old.resolve.packages[old.package], &new.resolve.packages[new.package]);
    if was.docs != is.docs {
        walk.within(format!("package \"{}\"", is.name), |walk| {
            walk.documentation(&was.docs, &is.docs);
        });
    }
    let interface = |name: &str| format!("interface \"{name}\"");
    for (name, id) in &was.interfaces {
        let found = &old.resolve.interfaces[*id];
        let Some(other) = is.interfaces.get(name) else {
            let touches = Standing::Interface.changed();
            walk.removed_with(interface(name), &found.stability, Level::Breaking, touches);
            continue;
        };
        let now = &new.resolve.interfaces[*other];
        let before = Notes { docs: &found.docs, stability: &found.stability };
        let after = Notes { docs: &now.docs, stability: &now.stability };
        walk.both(interface(name), before, after, |walk| {
            walk.interface(*id, *other, Standing::Interface);
        });
    }
    for (name, id) in is.interfaces.iter().filter(|(name, _)| !was.interfaces.contains_key(*name)) {
        let stability = &new.resolve.interfaces[*id].stability;
        walk.added_with(interface(name), stability, Level::Addition, &[]);
    }
    let world = |name: &str| format!("world \"{name}\"");
    for (name, id) in &was.worlds {
        let found = &old.resolve.worlds[*id];
        let Some(other) = is.worlds.get(name) else {
            let touches = Standing::WorldImport.changed();
            walk.removed_with(world(name), &found.stability, Level::Breaking, touches);
            continue;
        };
        let now = &new.resolve.worlds[*other];
        let before = Notes { docs: &found.docs, stability: &found.stability };
        let after = Notes { docs: &now.docs, stability: &now.stability };
        walk.both(world(name), before, after, |walk| walk.world(*id, *other));
    }
    for (name, id) in is.worlds.iter().filter(|(name, _)| !was.worlds.contains_key(*name)) {
        let stability = &new.resolve.worlds[*id].stability;
        walk.added_with(world(name), stability, Level::Addition, &[]);
    }
}

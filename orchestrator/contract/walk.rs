//! The walk over an old and a new contract side by side, which collects changes.

use semver::Version;
use wit_parser::{Docs, Stability};

use super::text::View;
use super::{Change, Level, Side, What};

/// The two contracts, where in them the walk is, and what it has found.
pub(super) struct Walk<'r> {
    pub(super) old: View<'r>,
    pub(super) new: View<'r>,
    pub(super) changes: Vec<Change>,
    path: Vec<String>,
    /// The feature under which what is walked through is unstable, if it is.
    unstable: Option<String>,
}

/// Where an item stands, which decides whom it touches when it comes or goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// In an interface of a package, which may be imported here and exported there.
    Interface,
    /// Among the imports of a world.
    WorldImport,
    /// Among the exports of a world.
    WorldExport,
    /// Among the imports of a component.
    ComponentImport,
    /// Among the exports of a component.
    ComponentExport,
}

/// What is said of an item on both sides of a change.
#[derive(Clone, Copy)]
pub(super) struct Notes<'r> {
    pub(super) docs: &'r Docs,
    pub(super) stability: &'r Stability,
}

impl Standing {
    /// What it means that an item is added here.
    pub(super) fn added(self) -> (Level, &'static [Side]) {
        match self {
            Self::Interface => (Level::Addition, &[Side::Implementers]),
            Self::WorldImport | Self::ComponentImport => (Level::Breaking, &[Side::Hosts]),
            Self::WorldExport => (Level::Breaking, &[Side::Components]),
            Self::ComponentExport => (Level::Addition, &[]),
        }
    }

    /// What it means that an item is removed from here.
    pub(super) fn removed(self) -> (Level, &'static [Side]) {
        match self {
            Self::Interface => (Level::Breaking, &[Side::Callers]),
            Self::WorldImport => (Level::Breaking, &[Side::Components]),
            Self::WorldExport | Self::ComponentExport => (Level::Breaking, &[Side::Hosts]),
            Self::ComponentImport => (Level::Addition, &[]),
        }
    }

    /// Whom it touches that an item is another here.
    pub(super) fn changed(self) -> &'static [Side] {
        match self {
            Self::Interface => &[Side::Callers, Side::Implementers],
            Self::WorldImport | Self::WorldExport => &[Side::Hosts, Side::Components],
            Self::ComponentImport | Self::ComponentExport => &[Side::Hosts],
        }
    }
}

impl<'r> Walk<'r> {
    pub(super) fn new(old: View<'r>, new: View<'r>) -> Self {
        Self { old, new, changes: Vec::new(), path: Vec::new(), unstable: None }
    }

    /// Notes a change of the item that the walk is at.
    pub(super) fn note(&mut self, what: What, level: Level, touches: &[Side]) {
        let level = if self.unstable.is_some() { Level::Free } else { level };
        self.changes.push(Change {
            path: self.path.clone(),
            what,
            level,
            touches: touches.to_vec(),
            unstable: self.unstable.clone(),
            claims_since: None,
        });
    }

    /// Does something one step further in.
    pub(super) fn within(&mut self, step: impl Into<String>, work: impl FnOnce(&mut Self)) {
        self.path.push(step.into());
        work(self);
        self.path.pop();
    }

    /// An item that the new contract alone has.
    pub(super) fn added(&mut self, step: String, stability: &Stability, standing: Standing) {
        let (level, touches) = standing.added();
        self.added_with(step, stability, level, touches);
    }

    /// The same, where the standing does not decide what it means.
    pub(super) fn added_with(
        &mut self,
        step: String,
        stability: &Stability,
        level: Level,
        touches: &[Side],
    ) {
        let released = self.old.resolve.packages[self.old.package].name.version.clone();
        let claimed = match stability {
            Stability::Stable { since, .. } if Some(since) <= released.as_ref() => Some(since),
            _ => None,
        };
        self.within(step, |walk| {
            walk.under(feature(stability), |walk| walk.note(What::Added, level, touches));
            if let (Some(change), Some(since)) = (walk.changes.last_mut(), claimed) {
                change.claims_since = Some(since.clone());
            }
        });
    }

    /// An item that the old contract alone has.
    pub(super) fn removed(&mut self, step: String, stability: &Stability, standing: Standing) {
        let (level, touches) = standing.removed();
        self.removed_with(step, stability, level, touches);
    }

    /// The same, where the standing does not decide what it means.
    pub(super) fn removed_with(
        &mut self,
        step: String,
        stability: &Stability,
        level: Level,
        touches: &[Side],
    ) {
        let what = What::Removed { deprecated: deprecated(stability).cloned() };
        self.within(step, |walk| {
            walk.under(feature(stability), |walk| walk.note(what, level, touches));
        });
    }

    /// An item that both contracts have: what is said of it, and then, with `work`, what it is.
    pub(super) fn both(
        &mut self,
        step: String,
        old: Notes<'r>,
        new: Notes<'r>,
        work: impl FnOnce(&mut Self),
    ) {
        self.within(step, |walk| {
            let (was, is) = (feature(old.stability), feature(new.stability));
            match (was, is) {
                (Some(feature), None) => {
                    let what = What::Stabilised { feature: feature.to_owned() };
                    walk.note(what, Level::Addition, &[]);
                }
                (None, Some(feature)) => {
                    let what = What::Destabilised { feature: feature.to_owned() };
                    let everyone = [Side::Callers, Side::Implementers];
                    walk.note(what, Level::Breaking, &everyone);
                }
                _ => {}
            }
            walk.under(was.or(is), |walk| {
                walk.remarks(old, new);
                work(walk);
            });
        });
    }

    /// Documentation and annotations that change no promise but tell of one.
    fn remarks(&mut self, old: Notes<'_>, new: Notes<'_>) {
        match (deprecated(old.stability), deprecated(new.stability)) {
            (None, Some(version)) => {
                let what = What::Deprecated { version: version.clone() };
                self.note(what, Level::Addition, &[]);
            }
            (Some(_), None) => self.note(What::Undeprecated, Level::Fix, &[]),
            _ => {}
        }
        // Where an item is stabilised, that has been told.
        if feature(old.stability).is_none() && since(old.stability) != since(new.stability) {
            self.note(What::Since, Level::Fix, &[]);
        }
        self.documentation(old.docs, new.docs);
    }

    /// Notes that the documentation is another.
    pub(super) fn documentation(&mut self, old: &Docs, new: &Docs) {
        let text = |docs: &Docs| docs.contents.as_deref().map(str::trim).map(str::to_owned);
        if text(old) != text(new) {
            self.note(What::Documented, Level::Fix, &[]);
        }
    }

    /// Does something to what is unstable under `feature`.
    fn under(&mut self, feature: Option<&str>, work: impl FnOnce(&mut Self)) {
        let outer = self.unstable.clone();
        if let Some(feature) = feature {
            self.unstable.get_or_insert_with(|| feature.to_owned());
        }
        work(self);
        self.unstable = outer;
    }
}

fn feature(stability: &Stability) -> Option<&str> {
    match stability {
        Stability::Unstable { feature, .. } => Some(feature),
        Stability::Unknown | Stability::Stable { .. } => None,
    }
}

fn since(stability: &Stability) -> Option<&Version> {
    match stability {
        Stability::Stable { since, .. } => Some(since),
        Stability::Unknown | Stability::Unstable { .. } => None,
    }
}

fn deprecated(stability: &Stability) -> Option<&Version> {
    match stability {
        Stability::Unknown => None,
        Stability::Stable { deprecated, .. } | Stability::Unstable { deprecated, .. } => {
            deprecated.as_ref()
        }
    }
}

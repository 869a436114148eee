//! Changes of a world, or of a component, whose world is its own.

use wit_parser::{IndexMap, TypeDefKind, WorldId, WorldItem, WorldKey};

use super::interface::{called, named};
use super::text::View;
use super::walk::{Notes, Standing, Walk};
use super::{Level, What};

/// Imports or exports, by names that compatible versions share.
type Items<'r> = IndexMap<String, &'r WorldItem>;

impl<'r> Walk<'r> {
    /// A world that both packages have.
    pub(super) fn world(&mut self, old: WorldId, new: WorldId) {
        let (old, new) = (&self.old.resolve.worlds[old], &self.new.resolve.worlds[new]);
        self.items("import", &old.imports, &new.imports, Standing::WorldImport);
        self.items("export", &old.exports, &new.exports, Standing::WorldExport);
    }

    /// The worlds of an old and a new component.
    pub(super) fn component(&mut self, old: WorldId, new: WorldId) {
        let (old, new) = (&self.old.resolve.worlds[old], &self.new.resolve.worlds[new]);
        self.items("import", &old.imports, &new.imports, Standing::ComponentImport);
        self.items("export", &old.exports, &new.exports, Standing::ComponentExport);
    }

    fn items(
        &mut self,
        direction: &str,
        old: &'r IndexMap<WorldKey, WorldItem>,
        new: &'r IndexMap<WorldKey, WorldItem>,
        standing: Standing,
    ) {
        let (old, new) = (keyed(self.old, old), keyed(self.new, new));
        for (name, item) in &old {
            let step = step(self.old, direction, name, item);
            match new.get(name) {
                Some(other) if same_kind(item, other) => {
                    self.item(step, item, other, standing);
                }
                Some(_) => self.within(step, |walk| {
                    let what = What::Removed { deprecated: None };
                    walk.note(what, Level::Breaking, standing.changed());
                }),
                None => {
                    let (level, touches) = match item {
                        WorldItem::Type { .. } => (Level::Breaking, standing.changed()),
                        _ => standing.removed(),
                    };
                    self.removed_with(step, item.stability(self.old.resolve), level, touches);
                }
            }
        }
        for (name, item) in &new {
            if old.get(name).is_some_and(|other| same_kind(item, other)) {
                continue;
            }
            let step = step(self.new, direction, name, item);
            let stability = item.stability(self.new.resolve);
            if is_types_alone(self.new, item) {
                // Nothing has to be provided for it, and nothing done.
                self.added_with(step, stability, Level::Addition, &[]);
            } else {
                self.added(step, stability, standing);
            }
        }
    }

    fn item(&mut self, step: String, old: &'r WorldItem, new: &'r WorldItem, standing: Standing) {
        match (old, new) {
            (WorldItem::Function(old), WorldItem::Function(new)) => {
                self.function(step, old, new, standing);
            }
            (WorldItem::Type { id: old, .. }, WorldItem::Type { id: new, .. }) => {
                self.named_type(step, *old, *new, standing);
            }
            (
                WorldItem::Interface { id: old, stability: was, docs, .. },
                WorldItem::Interface { id: new, stability: is, docs: other_docs, .. },
            ) => {
                let notes = |docs, stability| Notes { docs, stability };
                self.both(step, notes(docs, was), notes(other_docs, is), |walk| {
                    walk.imported(*old, *new, standing);
                });
            }
            _ => {}
        }
    }

    /// An interface that both import, or both export.
    fn imported(
        &mut self,
        old: wit_parser::InterfaceId,
        new: wit_parser::InterfaceId,
        standing: Standing,
    ) {
        let version = |view: View<'_>, id: wit_parser::InterfaceId| {
            let package = view.resolve.interfaces[id].package?;
            let own = package == view.package;
            view.resolve.packages[package].name.version.clone().filter(|_| !own)
        };
        let is_named = self.old.resolve.interfaces[old].name.is_some();
        let versions = (version(self.old, old), version(self.new, new));
        if let (Some(before), Some(after)) = &versions
            && before != after
        {
            let (before, after) = (before.to_string(), after.to_string());
            self.note(What::Version { before, after }, Level::Addition, &[]);
        }
        // The package's own interfaces are compared where they are defined. Of those of others,
        // the version says what changed, as far as it is another one. What a component imports
        // has no more functions than it calls; only without a version do they tell something.
        let is_foreign = self.new.resolve.interfaces[new].package != Some(self.new.package);
        let look_inside = match standing {
            _ if !is_named => true,
            Standing::ComponentImport => versions.0.is_none(),
            Standing::ComponentExport => true,
            _ => is_foreign && versions.0 == versions.1,
        };
        if look_inside {
            self.interface(old, new, standing);
        }
    }
}

fn keyed<'r>(view: View<'_>, items: &'r IndexMap<WorldKey, WorldItem>) -> Items<'r> {
    let name = |key: &WorldKey| match key {
        WorldKey::Name(name) => name.clone(),
        WorldKey::Interface(id) => view.interface_name(*id).unwrap_or_default(),
    };
    items.iter().map(|(key, item)| (name(key), item)).collect()
}

fn same_kind(one: &WorldItem, other: &WorldItem) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

fn step(view: View<'_>, direction: &str, name: &str, item: &WorldItem) -> String {
    match item {
        WorldItem::Interface { .. } => format!("{direction} \"{name}\""),
        WorldItem::Function(function) => format!("{direction} {}", called(function)),
        WorldItem::Type { id, .. } => format!("{direction} {}", named(view, name, *id)),
    }
}

/// Whether there is nothing in it to call or to provide.
fn is_types_alone(view: View<'_>, item: &WorldItem) -> bool {
    match item {
        WorldItem::Function(_) => false,
        WorldItem::Type { .. } => true,
        WorldItem::Interface { id, .. } => {
            let interface = &view.resolve.interfaces[*id];
            let resource = |id| matches!(view.resolve.types[id].kind, TypeDefKind::Resource);
            interface.functions.is_empty() && !interface.types.values().any(|id| resource(*id))
        }
    }
}

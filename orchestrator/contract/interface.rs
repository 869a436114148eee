//! Changes of an interface: its named types, and its functions.

use wit_parser::{Function, FunctionKind, Interface, InterfaceId, TypeDefKind, TypeId};

use super::text::{Spelling, View};
use super::walk::{Notes, Standing, Walk};
use super::{Level, What};

/// One member of a record, variant, enum or flags: its name, what it holds, its documentation.
struct Member<'r> {
    name: &'r str,
    ty: Option<wit_parser::Type>,
    docs: &'r wit_parser::Docs,
}

impl<'r> Walk<'r> {
    /// What is in two interfaces, or in the two states of one.
    pub(super) fn interface(&mut self, old: InterfaceId, new: InterfaceId, standing: Standing) {
        let (old, new) = (&self.old.resolve.interfaces[old], &self.new.resolve.interfaces[new]);
        // The types of a component's interfaces show in the functions that use them; types that
        // no function uses are left out of some imports and not of others.
        if !matches!(standing, Standing::ComponentImport | Standing::ComponentExport) {
            self.types(old, new, standing);
        }
        self.functions(old, new, standing);
    }

    fn types(&mut self, old: &'r Interface, new: &'r Interface, standing: Standing) {
        for (name, id) in &old.types {
            let step = named(self.old, name, *id);
            if let Some(other) = new.types.get(name) {
                self.named_type(step, *id, *other, standing);
            } else {
                let stability = &self.old.resolve.types[*id].stability;
                self.removed_with(step, stability, Level::Breaking, standing.changed());
            }
        }
        for (name, id) in new.types.iter().filter(|(name, _)| !old.types.contains_key(*name)) {
            // A type alone asks nothing of anybody.
            let stability = &self.new.resolve.types[*id].stability;
            self.added_with(named(self.new, name, *id), stability, Level::Addition, &[]);
        }
    }

    /// A named type that both have.
    pub(super) fn named_type(
        &mut self,
        step: String,
        old: TypeId,
        new: TypeId,
        standing: Standing,
    ) {
        let (was, is) = (&self.old.resolve.types[old], &self.new.resolve.types[new]);
        let notes = |definition: &'r wit_parser::TypeDef| Notes {
            docs: &definition.docs,
            stability: &definition.stability,
        };
        self.both(step, notes(was), notes(is), |walk| walk.definition(old, new, standing));
    }

    fn definition(&mut self, old: TypeId, new: TypeId, standing: Standing) {
        let kind = |view: View<'r>, id: TypeId| &view.resolve.types[id].kind;
        let kinds = (kind(self.old, old), kind(self.new, new));
        match (members(self.old, old), members(self.new, new)) {
            (Some((kind, members)), Some((other_kind, others))) if kind == other_kind => {
                self.members(kind, &members, &others, standing);
            }
            _ if matches!(kinds, (TypeDefKind::Resource, TypeDefKind::Resource)) => {}
            _ => {
                let alias = |kind: &TypeDefKind| matches!(kind, TypeDefKind::Type(_));
                let either = alias(kinds.0) || alias(kinds.1);
                let (was, is) = (self.old, self.new);
                let spelt = |spelling| {
                    // The name alone, which may well be the same, says nothing.
                    let spelling = match spelling {
                        Spelling::Written if either => Spelling::Identity,
                        other => other,
                    };
                    (was.definition(old, spelling), is.definition(new, spelling))
                };
                self.spelt(spelt, standing);
            }
        }
    }

    fn members(&mut self, kind: &str, old: &[Member<'r>], new: &[Member<'r>], standing: Standing) {
        let step = |member: &Member<'_>| format!("{kind} \"{}\"", member.name);
        let find =
            |list: &[Member<'r>], name: &str| list.iter().position(|member| member.name == name);
        for member in old {
            let Some(at) = find(new, member.name) else {
                self.within(step(member), |walk| {
                    walk.note(
                        What::Removed { deprecated: None },
                        Level::Breaking,
                        standing.changed(),
                    );
                });
                continue;
            };
            self.within(step(member), |walk| {
                walk.documentation(member.docs, new[at].docs);
                walk.held(member.ty, new[at].ty, standing);
            });
        }
        for member in new.iter().filter(|member| find(old, member.name).is_none()) {
            self.within(step(member), |walk| {
                walk.note(What::Added, Level::Breaking, standing.changed());
            });
        }
        let order = |one: &'_ [Member<'r>], other: &[Member<'r>]| -> Vec<&'r str> {
            one.iter()
                .map(|member| member.name)
                .filter(|name| find(other, name).is_some())
                .collect()
        };
        if order(old, new) != order(new, old) {
            self.note(What::Reordered, Level::Breaking, standing.changed());
        }
    }

    /// What a field or a case holds.
    fn held(
        &mut self,
        old: Option<wit_parser::Type>,
        new: Option<wit_parser::Type>,
        standing: Standing,
    ) {
        let spelt = |view: View<'_>, ty: Option<wit_parser::Type>, spelling| {
            ty.map_or_else(|| "nothing".to_owned(), |ty| view.ty(&ty, spelling))
        };
        let (old_view, new_view) = (self.old, self.new);
        self.spelt(
            |spelling| (spelt(old_view, old, spelling), spelt(new_view, new, spelling)),
            standing,
        );
    }

    fn functions(&mut self, old: &'r Interface, new: &'r Interface, standing: Standing) {
        // What goes or comes with its resource is not told a second time. A component's
        // resources are not told by themselves.
        let told = !matches!(standing, Standing::ComponentImport | Standing::ComponentExport);
        let lost = |view: View<'_>, function: &Function, other: &Interface| {
            let resource = function.kind.resource().filter(|_| told);
            resource.is_some_and(|id| {
                let name = view.resolve.types[id].name.as_deref().unwrap_or_default();
                !other.types.contains_key(name)
            })
        };
        for (name, function) in &old.functions {
            match new.functions.get(name) {
                Some(other) => self.function(called(function), function, other, standing),
                None if lost(self.old, function, new) => {}
                None => self.removed(called(function), &function.stability, standing),
            }
        }
        for (name, function) in &new.functions {
            if !old.functions.contains_key(name) && !lost(self.new, function, old) {
                self.added(called(function), &function.stability, standing);
            }
        }
    }

    /// A function that both have.
    pub(super) fn function(
        &mut self,
        step: String,
        old: &'r Function,
        new: &'r Function,
        standing: Standing,
    ) {
        let notes =
            |function: &'r Function| Notes { docs: &function.docs, stability: &function.stability };
        self.both(step, notes(old), notes(new), |walk| {
            let (old_view, new_view) = (walk.old, walk.new);
            let spelt =
                |spelling| (old_view.signature(old, spelling), new_view.signature(new, spelling));
            walk.spelt(spelt, standing);
        });
    }

    /// Notes a difference, unless it is one of the package's own types, which is noted where
    /// that is defined.
    fn spelt(&mut self, spelt: impl Fn(Spelling) -> (String, String), standing: Standing) {
        let differ = |spelling| {
            let (before, after) = spelt(spelling);
            (before != after).then_some((before, after))
        };
        let (Some(_), Some(identity)) = (differ(Spelling::Structure), differ(Spelling::Identity))
        else {
            return;
        };
        let (before, after) = differ(Spelling::Written).unwrap_or(identity);
        self.note(What::Different { before, after }, Level::Breaking, standing.changed());
    }
}

/// The members of a record, variant, enum or flags, and what one of them is called.
fn members(view: View<'_>, id: TypeId) -> Option<(&'static str, Vec<Member<'_>>)> {
    let (kind, members): (_, Vec<_>) = match &view.resolve.types[id].kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter();
            ("record field", fields.map(|one| (&one.name, Some(one.ty), &one.docs)).collect())
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter();
            ("variant case", cases.map(|one| (&one.name, one.ty, &one.docs)).collect())
        }
        TypeDefKind::Enum(cases) => {
            let cases = cases.cases.iter();
            ("enum case", cases.map(|one| (&one.name, None, &one.docs)).collect())
        }
        TypeDefKind::Flags(flags) => {
            let flags = flags.flags.iter();
            ("flag", flags.map(|one| (&one.name, None, &one.docs)).collect())
        }
        _ => return None,
    };
    let members = members.into_iter().map(|(name, ty, docs)| Member { name, ty, docs });
    Some((kind, members.collect()))
}

/// A named type in a path.
pub(super) fn named(view: View<'_>, name: &str, id: TypeId) -> String {
    let kind = match &view.resolve.types[id].kind {
        kind @ (TypeDefKind::Record(_)
        | TypeDefKind::Variant(_)
        | TypeDefKind::Enum(_)
        | TypeDefKind::Flags(_)
        | TypeDefKind::Resource) => kind.as_str(),
        _ => "type",
    };
    format!("{kind} \"{name}\"")
}

/// A function in a path: `function "get"`, `method "file.read"`.
pub(super) fn called(function: &Function) -> String {
    let kind = match function.kind {
        FunctionKind::Freestanding | FunctionKind::AsyncFreestanding => "function",
        FunctionKind::Method(_) | FunctionKind::AsyncMethod(_) => "method",
        FunctionKind::Static(_) | FunctionKind::AsyncStatic(_) => "static function",
        FunctionKind::Constructor(_) => "constructor",
    };
    let name = function.name.rsplit_once(']').map_or(&*function.name, |(_, name)| name);
    format!("{kind} \"{name}\"")
}

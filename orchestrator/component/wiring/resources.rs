//! Whose resource is meant: following resource types through links to the parts that own them.

use std::collections::BTreeMap;
use std::fmt;

use super::{Exposed, Link, Parts, WiringError};
use crate::component::part::Part;
use crate::component::world::{
    Item, Mismatch, Owner, Resource, is_provided, resources, seen_from, track,
};

/// Where a resource type is defined, all links followed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The part that owns it; the host, if it is none.
    pub part: Option<String>,
    /// The interface that defines it.
    pub interface: String,
    /// Its name there.
    pub resource: String,
}

impl Origin {
    /// Whether both are one resource type. The host's are, in all compatible versions.
    fn is(&self, other: &Self) -> bool {
        let host = self.part.is_none() && self.resource == other.resource;
        let same =
            || track(&self.interface).is_some_and(|one| track(&other.interface) == Some(one));
        self == other || host && other.part.is_none() && same()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, interface, resource } = self;
        match part {
            Some(part) => write!(out, "resource `{resource}` of component `{part}` ({interface})"),
            None => write!(out, "resource `{resource}` of the host ({interface})"),
        }
    }
}

/// Knows the owner of every resource in a wiring.
pub(crate) struct Owners<'w> {
    parts: &'w Parts<'w>,
    links: &'w [Link],
}

impl<'w> Owners<'w> {
    /// Of a wiring's parts and links.
    pub(crate) fn new(parts: &'w Parts<'w>, links: &'w [Link]) -> Self {
        Self { parts, links }
    }

    fn link(&self, consumer: &Part<'_>, import: &str) -> Option<&'w Link> {
        self.links.iter().find(|link| link.consumer == consumer.name && link.import == import)
    }

    /// Whose resource `part` means by `resource`.
    pub(crate) fn origin(&self, part: &Part<'_>, resource: &Resource) -> Origin {
        let origin = |part: Option<&str>, interface: &str| Origin {
            part: part.map(str::to_owned),
            interface: interface.to_owned(),
            resource: resource.name.clone(),
        };
        match &resource.owner {
            Owner::World => origin(None, "the world"),
            Owner::Import(interface) => self.met(part, interface, &resource.name),
            Owner::Export(interface) => match part.world.passed_on.get(interface) {
                Some(import) => self.met(part, import, &resource.name),
                None => origin(Some(&part.name), interface),
            },
        }
    }

    /// Whose resource `part` has under `name` from the interface that it imports.
    fn met(&self, part: &Part<'_>, interface: &str, name: &str) -> Origin {
        let (owner, interface) = match self.link(part, interface) {
            // A flow takes a part's own functions, which define no resource.
            Some(Link { provider, export: Some(export), .. }) => (Some(provider), export.as_str()),
            _ => (None, interface),
        };
        let Some(owner) = owner else {
            return Origin { part: None, interface: interface.into(), resource: name.into() };
        };
        let provider = self.parts[owner.as_str()];
        let owner = match provider.world.exports.get(interface) {
            Some(Item::Interface(found)) => found.resource(name),
            _ => None,
        };
        let own = || Resource { name: name.into(), owner: Owner::Export(interface.into()) };
        self.origin(provider, &owner.cloned().unwrap_or_else(own))
    }

    /// Checks that both ends of every link, and all that is left to the host, mean the same
    /// resources.
    pub(super) fn agree(&self, order: &[String]) -> Result<(), WiringError> {
        for link in self.links {
            self.link_agrees(link)?;
        }
        for part in order.iter().map(|name| self.parts[name.as_str()]) {
            for (import, item) in &part.world.imports {
                if self.link(part, import).is_none() {
                    self.left_agrees(part, import, item)?;
                }
            }
        }
        Ok(())
    }

    fn link_agrees(&self, link: &Link) -> Result<(), WiringError> {
        let Some(export) = &link.export else { return Ok(()) };
        let (consumer, provider) =
            (self.parts[link.consumer.as_str()], self.parts[link.provider.as_str()]);
        let (wanted, offered) =
            (&consumer.world.imports[&link.import], &provider.world.exports[export]);
        let pairs = resources(wanted, offered).into_iter().zip(resources(offered, wanted));
        for ((path, one), (_, other)) in pairs {
            let (expected, found) = (self.origin(consumer, one), self.origin(provider, other));
            if !expected.is(&found) {
                return Err(WiringError::Mismatch {
                    component: link.consumer.clone(),
                    import: link.import.clone(),
                    provider: link.provider.clone(),
                    export: export.clone(),
                    help: remedy((consumer, one, &expected), (provider, other, &found)).into(),
                    mismatch: Box::new(Mismatch {
                        path: seen_from(&link.import, path),
                        expected: expected.to_string(),
                        found: found.to_string(),
                    }),
                });
            }
        }
        Ok(())
    }

    fn left_agrees(&self, part: &Part<'_>, import: &str, item: &Item) -> Result<(), WiringError> {
        for (_, resource) in resources(item, item) {
            if let (Owner::Import(owner), Origin { part: Some(provider), .. }) =
                (&resource.owner, self.origin(part, resource))
            {
                return Err(WiringError::SplitResource {
                    component: part.name.clone(),
                    import: import.to_owned(),
                    resource: resource.name.as_str().into(),
                    owner: owner.as_str().into(),
                    help: self.rejoin(part, import, owner, &provider).into(),
                    provider,
                });
            }
        }
        Ok(())
    }

    /// The link to add, or else to remove, so that `import` and `owner`, whose resource it uses,
    /// come from one place.
    fn rejoin(&self, part: &Part<'_>, import: &str, owner: &str, provider: &str) -> String {
        if self.parts[provider].world.exports.contains_key(import) {
            let link = format!("\"{}/{import}\" = \"{provider}\"", part.name);
            return format!("link both to that component: {link}");
        }
        if !is_provided(import) {
            return format!("component `{provider}` must export `{import}` too");
        }
        format!(
            "component `{provider}` must export `{import}` too; or leave both to the host, without the \
             link of `{}/{owner}`",
            part.name
        )
    }

    /// The interfaces of other parts whose resources `root` hands out, and those whose resources
    /// these hand out in turn.
    pub(super) fn exposed(&self, root: &Part<'_>) -> Result<Vec<Exposed>, WiringError> {
        let mut exposed = BTreeMap::<String, String>::new();
        let mut open: Vec<(&Part<'_>, &Item)> =
            root.world.exports.values().map(|item| (root, item)).collect();
        while let Some((part, item)) = open.pop() {
            for (_, resource) in resources(item, item) {
                let Origin { part: Some(provider), interface, .. } = self.origin(part, resource)
                else {
                    continue;
                };
                if provider == root.name || root.world.exports.contains_key(&interface) {
                    continue;
                }
                match exposed.get(&interface) {
                    Some(known) if *known == provider => {}
                    Some(known) => {
                        return Err(WiringError::HandedOutTwice {
                            component: root.name.clone(),
                            export: interface,
                            one: known.clone(),
                            other: provider,
                        });
                    }
                    None => {
                        let owner = self.parts[provider.as_str()];
                        open.extend(owner.world.exports.get(&interface).map(|item| (owner, item)));
                        exposed.insert(interface, provider);
                    }
                }
            }
        }
        let exposed = exposed.into_iter().map(|(export, provider)| Exposed { provider, export });
        let mut exposed: Vec<Exposed> = exposed.collect();
        exposed.sort();
        Ok(exposed)
    }
}

/// The link that makes both ends mean the same resource.
fn remedy(
    (consumer, wanted, expected): (&Part<'_>, &Resource, &Origin),
    (provider, offered, found): (&Part<'_>, &Resource, &Origin),
) -> String {
    let link = |part: &Part<'_>, resource: &Resource, to: &Origin| {
        let Owner::Import(interface) = &resource.owner else { return None };
        let to = to.part.as_ref().map(|part| format!("{part}/{}", to.interface))?;
        Some(format!("\"{}/{interface}\" = \"{to}\"", part.name))
    };
    // Who only passes the resource on can take it from elsewhere; its owner cannot.
    let links = [link(provider, offered, expected), link(consumer, wanted, found)];
    match links.into_iter().flatten().next() {
        Some(link) => format!("let both have it from one component, in `[link]`: {link}"),
        None => "let both have it from one component".to_owned(),
    }
}

//! The graph of links: an order in which everything is there before it is needed.

use std::collections::BTreeSet;

use super::{Link, WiringError};

/// All `names`, each after the components that it takes from; by name where that leaves a
/// choice.
pub(super) fn providers_first<'n>(
    names: &BTreeSet<&'n str>,
    links: &'n [Link],
) -> Result<Vec<&'n str>, WiringError> {
    let mut walk = Walk { links, order: Vec::new(), path: Vec::new() };
    for name in names {
        walk.visit(name)?;
    }
    Ok(walk.order)
}

/// `root` and everything that it takes from, directly or through others.
pub(super) fn needed_by<'n>(root: &'n str, links: &'n [Link]) -> BTreeSet<&'n str> {
    let mut needed = BTreeSet::new();
    let mut open = vec![root];
    while let Some(name) = open.pop() {
        if needed.insert(name) {
            open.extend(providers(name, links));
        }
    }
    needed
}

fn providers<'n>(name: &str, links: &'n [Link]) -> BTreeSet<&'n str> {
    links.iter().filter(|link| link.consumer == name).map(|link| link.provider.as_str()).collect()
}

struct Walk<'n> {
    links: &'n [Link],
    order: Vec<&'n str>,
    path: Vec<&'n str>,
}

impl<'n> Walk<'n> {
    /// For each two names that follow each other, a link from the one to the other.
    fn links_along(&self, names: &[&str]) -> Vec<Link> {
        let joins =
            |link: &&Link, pair: &[&str]| link.consumer == pair[0] && link.provider == pair[1];
        let pairs = names.windows(2);
        pairs.filter_map(|pair| self.links.iter().find(|link| joins(link, pair)).cloned()).collect()
    }

    fn visit(&mut self, name: &'n str) -> Result<(), WiringError> {
        if self.order.contains(&name) {
            return Ok(());
        }
        if let Some(start) = self.path.iter().position(|visited| *visited == name) {
            let circle: Vec<&str> = self.path[start..].iter().copied().chain([name]).collect();
            return Err(WiringError::Cycle { cycle: self.links_along(&circle) });
        }
        self.path.push(name);
        for provider in providers(name, self.links) {
            self.visit(provider)?;
        }
        self.path.pop();
        self.order.push(name);
        Ok(())
    }
}

//! What composing notices and stops nothing, and what is told of it.
//!
//! It is kept with the record of the action, so that a build that finds the composed component in the
//! cache says the same as the one that made it. All of it follows from the fingerprint. What is granted
//! is in none, since it changes no byte: grants are held against it anew in each build.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::component::wiring::{LeftTo, Wiring};
use crate::host;
use crate::manifest::Manifest;

/// What composing noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Noticed {
    /// Components that no flow and no link needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<String>,
    /// What the host is to meet, and the parts that import it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    imports: BTreeMap<String, Vec<String>>,
}

impl Noticed {
    /// What there is to notice of a wiring.
    pub(super) fn of(wiring: &Wiring) -> Self {
        let of_host = wiring.left.iter().filter(|(_, left)| left.to == LeftTo::Host);
        let imports = of_host.map(|(import, left)| (import.clone(), left.wanted_by.clone()));
        Self { left_out: wiring.unused.clone(), imports: imports.collect() }
    }

    /// What a person should know of it: which components are left out, which grants nobody uses,
    /// and which reach several parts.
    pub(super) fn warnings(&self, manifest: &Manifest) -> Vec<String> {
        let imports = self.imports.iter().map(|(import, by)| (import.as_str(), by.as_slice()));
        let unused = host::unused(manifest, &imports.clone().map(|(import, _)| import));
        let shared = host::shared(manifest, &imports);
        left_out(&self.left_out).into_iter().chain(unused).chain(shared).collect()
    }
}

/// What is said of components that nothing needs: a few of them by name.
fn left_out(unused: &[String]) -> Option<String> {
    const FEW: usize = 3;
    let told: Vec<String> = unused.iter().take(FEW).map(|name| format!("`{name}`")).collect();
    let told = told.join(", ");
    match unused.len() {
        0 => None,
        1 => Some(format!("no flow and no link needs component {told}; it is left out")),
        number if number > FEW => Some(format!(
            "no flow and no link needs {number} components ({told}, …); they are left out"
        )),
        _ => Some(format!("no flow and no link needs components {told}; they are left out")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_said_in_one_line() {
        let said = |number: usize| {
            let names: Vec<String> = (0..number).map(|number| format!("c{number}")).collect();
            left_out(&names).unwrap_or_default()
        };
        assert_eq!(said(0), "");
        assert_eq!(said(1), "no flow and no link needs component `c0`; it is left out");
        assert_eq!(said(2), "no flow and no link needs components `c0`, `c1`; they are left out");
        assert_eq!(
            said(9900),
            "no flow and no link needs 9900 components (`c0`, `c1`, `c2`, …); they are left out"
        );
    }
}

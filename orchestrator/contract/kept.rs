//! A component held against the world that it was built for.
//!
//! A component may import less than its world and export more; what the host always provides it
//! may import unasked, since languages' own libraries do.

use super::finding::{Finding, Place, Problem};
use crate::component::world::{
    Item, Mismatch, World, compare_functions, compare_interfaces, is_provided,
};

/// What tools export for themselves: componentize-py its list of what Python functions there are.
const LEFTOVERS: [&str; 1] = ["exports"];

/// Everything in which a component is not as its world; `place` says where the WIT speaks of an
/// import or export.
pub fn kept(
    component: &str,
    actual: &World,
    promised: &World,
    place: &dyn Fn(&'static str, &str) -> Place,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut note = |direction, name: &str, problem| {
        findings.push(Finding { problem, place: place(direction, name), fix: Vec::new() });
    };
    for (name, wanted) in promised.exports.iter().filter(|(_, item)| !item.is_type_only()) {
        let problem = match actual.exports.get(name) {
            None => Some(Problem::Lacks { component: component.to_owned(), export: name.clone() }),
            // The WIT says what must be there.
            Some(found) => {
                compared(wanted, found).err().map(|Mismatch { path, expected, found }| {
                    other_type(component, "export", name, path, found, expected)
                })
            }
        };
        if let Some(problem) = problem {
            note("export", name, problem);
        }
    }
    for (name, found) in actual.imports.iter().filter(|(_, item)| !item.is_type_only()) {
        let problem = match promised.imports.get(name) {
            None if is_provided(name) => None,
            None => Some(beyond(component, "import", name)),
            // The component says what must be there: it holds no more than it uses.
            Some(offered) => {
                compared(found, offered).err().map(|Mismatch { path, expected, found }| {
                    other_type(component, "import", name, path, expected, found)
                })
            }
        };
        if let Some(problem) = problem {
            note("import", name, problem);
        }
    }
    for (name, _) in actual.exports.iter().filter(|(_, item)| !item.is_type_only()) {
        if !promised.exports.contains_key(name) && !LEFTOVERS.contains(&name.as_str()) {
            note("export", name, beyond(component, "export", name));
        }
    }
    findings
}

fn compared(wanted: &Item, found: &Item) -> Result<(), Mismatch> {
    match (wanted, found) {
        (Item::Interface(one), Item::Interface(other)) => compare_interfaces(one, other),
        (Item::Function(one), Item::Function(other)) => compare_functions(one, other),
        (one, other) if one.kind() == other.kind() => Ok(()),
        (one, other) => Err(Mismatch {
            path: Vec::new(),
            expected: format!("this as {}", one.kind()),
            found: format!("this as {}", other.kind()),
        }),
    }
}

fn other_type(
    component: &str,
    direction: &'static str,
    name: &str,
    path: Vec<String>,
    component_has: String,
    wit_has: String,
) -> Problem {
    let (component, name) = (component.to_owned(), name.to_owned());
    Problem::OtherType { component, direction, name, path, component_has, wit_has }
}

fn beyond(component: &str, direction: &'static str, name: &str) -> Problem {
    Problem::Beyond { component: component.to_owned(), direction, name: name.to_owned() }
}

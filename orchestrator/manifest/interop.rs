//! `[interop.NAME]`: components that implement one interface, held against each other.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::error::Fault;
use super::name::is_interface;
use super::{Count, Grants, Manifest, grants, validate};

/// `[interop.NAME]`: components that implement one interface are given the same calls, with values
/// that poly makes, and must answer the same.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Interop {
    /// The interface, as calls name it: in full, without its version, or by its own name. Without
    /// it, the functions that the components export themselves.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub interface: Option<Spanned<String>>,
    /// The components, by name: at least two, or one if `echo` says what is right.
    #[schemars(with = "Vec<String>")]
    pub components: Vec<Spanned<String>>,
    /// Whether each function gives back its argument: what comes back is then held against it.
    #[serde(default)]
    pub echo: bool,
    /// How often each function is called; without it, 200 times.
    #[serde(default)]
    pub calls: Option<Count<1, { Interop::MOST_CALLS }>>,
    /// How many calls are made on one instance, whose state they share; without it, 10.
    #[serde(default)]
    pub sequence: Option<Count<1, 10_000>>,
    /// What all values follow from; without it, 1. The same seed makes the same calls.
    #[serde(default)]
    pub seed: Option<u32>,
    /// Functions that are not called.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub skip: Vec<Spanned<String>>,
    /// How far floats within returned values may be from each other: the part of the larger one of
    /// both, or of 1 where both are smaller. Without it they are equal.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub approx: Option<Spanned<f64>>,
    /// What the components are granted; `[grants]` are not for them.
    #[serde(default)]
    pub grants: Grants,
}

impl Interop {
    /// How often a function may be called.
    pub const MOST_CALLS: u32 = 1_000_000;

    /// How often each function is called.
    pub fn calls(&self) -> usize {
        self.calls.map_or(200, |count| count.get() as usize)
    }

    /// How many calls are made on one instance.
    pub fn sequence(&self) -> usize {
        self.sequence.map_or(10, |count| count.get() as usize)
    }

    /// What all values follow from.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(1).into()
    }
}

impl Manifest {
    /// What a `[[check]]` must be granted to run as `[interop.NAME]` does, as an inline table of TOML;
    /// none where neither that table nor `[grants]` grants anything.
    pub fn grants_of_interop(&self, name: &str) -> Option<String> {
        let document: toml::Table = toml::from_str(self.source.text()).ok()?;
        let own = document.get("interop")?.get(name)?.get("grants");
        let grants = |table: &&toml::Value| table.as_table().is_some_and(|it| !it.is_empty());
        match (own.filter(grants), document.get("grants").filter(grants)) {
            (Some(own), _) => Some(own.to_string()),
            (None, Some(_)) => Some("{}".to_owned()),
            (None, None) => None,
        }
    }
}

/// Everything that is wrong with the `[interop]` tables.
pub(super) fn faults(manifest: &Manifest, faults: &mut Vec<Fault>) {
    validate::differ_in_more_than_case("interop table", &manifest.interop.keys(), faults);
    for (name, interop) in &manifest.interop {
        validate::identifier("an interop table", name, faults);
        if let Some(interface) = &interop.interface
            && !is_interface(interface.get_ref())
        {
            let message = format!("`{}` is not an interface's name", interface.get_ref());
            let help = "write `transform` or `demo:pipeline/transform@0.1.0`; without `interface`, \
                        the functions that the components export themselves are called";
            faults.push(Fault::at(interface.span(), message, "not an interface").advise(help));
        }
        components(name, interop, manifest, faults);
        faults.extend(interop.approx.as_ref().and_then(validate::not_a_part));
        grants::faults(&interop.grants, manifest, faults);
    }
}

fn components(
    name: &Spanned<String>,
    interop: &Interop,
    manifest: &Manifest,
    faults: &mut Vec<Fault>,
) {
    let mut seen = BTreeSet::new();
    for component in &interop.components {
        let text = component.get_ref().as_str();
        if let Some(fault) = validate::no_component(component, manifest) {
            faults.push(fault);
        } else if !seen.insert(text) {
            let message = format!("component `{text}` is held against itself");
            let help = "name each component once";
            faults.push(Fault::at(component.span(), message, "again").advise(help));
        }
    }
    let (fewest, help) = if interop.echo {
        (1, "name the components whose functions give back their argument")
    } else {
        (2, "name another one, or write `echo = true` if its functions give back their argument")
    };
    if interop.components.len() < fewest {
        let message = format!("`{}` has nothing to hold against each other", name.get_ref());
        let place = interop.components.first().map_or(name.span(), Spanned::span);
        faults.push(Fault::at(place, message, "too few components").advise(help));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_of_an_interop_table_is_granted_what_that_is_and_not_what_the_pipeline_is() {
        let of = |grants: &str, own: &str| {
            let text = format!(
                "[pipeline]\nname = 'p'\n[component.a]\npath = '.'\ntoolchain = 'cargo'\n\
                 [interop.i]\ncomponents = ['a']\necho = true\n{own}\n[grants]\n{grants}\n"
            );
            Manifest::parse("pipeline.toml", &text).unwrap().grants_of_interop("i")
        };
        assert_eq!(of("", ""), None);
        let stderr = of("", "grants = { stderr = true }");
        assert_eq!(stderr.as_deref(), Some("{ stderr = true }"));
        assert_eq!(of("", "grants = {}"), None);
        assert_eq!(of("stdout = true", "").as_deref(), Some("{}"));
        let own = "[interop.i.grants.env]\nA = 'b c'";
        assert_eq!(of("stdout = true", own).as_deref(), Some("{ env = { A = \"b c\" } }"));
        assert_eq!(of("", own), of("stdout = true", own));
    }
}

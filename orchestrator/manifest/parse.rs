//! The way from text to a [`Manifest`], and what is said when it ends early.

use super::error::{Fault, Source};
use super::{Manifest, ManifestError, keys, validate};
use crate::expected::found_and_expected;

impl Manifest {
    /// Reads a manifest. `name` is what diagnostics call it: its path, as a person gave it.
    ///
    /// All faults of one kind are reported together: first those of TOML's syntax and of
    /// single values, or all keys that are unknown or missing; once every key is right, all
    /// names and paths that are not.
    pub fn parse(name: &str, text: &str) -> Result<Self, ManifestError> {
        let source = Source::new(name, text);
        read(&source).map_err(|faults| ManifestError::of(source, faults))
    }

    /// All that its text says, as plain data: for those who pass it on.
    ///
    /// # Panics
    ///
    /// Never: its text was read before.
    pub fn data(&self) -> serde_json::Value {
        toml::from_str(self.source.text()).expect("the text of a manifest")
    }
}

/// The manifest, or at least one fault in it.
fn read(source: &Source) -> Result<Manifest, Vec<Fault>> {
    let text = source.text();
    let error = match toml::from_str::<Manifest>(text) {
        Ok(manifest) => {
            let manifest = Manifest { source: source.clone(), ..manifest };
            let faults = validate::faults(&manifest);
            return if faults.is_empty() { Ok(manifest) } else { Err(faults) };
        }
        Err(error) => error,
    };
    let faults = keys::faults(text);
    Err(if faults.is_empty() { vec![fault(&error, text)] } else { faults })
}

/// The parser's own error as ours.
fn fault(error: &toml::de::Error, text: &str) -> Fault {
    let span = error.span().unwrap_or_default();
    if error.message() == "duplicate key" {
        let key = text.get(span.clone()).unwrap_or_default();
        return Fault::at(span, format!("`{key}` is defined twice"), "it stands further up too")
            .advise("give one of them another name, or make one of both");
    }
    match found_and_expected(error.message()) {
        Some((found, expected)) => Fault::at(span, found, format!("expected {expected}")),
        None => Fault::told(span, error.message(), "here"),
    }
}

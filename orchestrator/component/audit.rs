//! What a composed component still imports.
//!
//! WASI interfaces may remain: the host always provides them, holding nothing but what is
//! granted. Interfaces of types alone may remain too, since there is nothing in them to
//! provide. Anything else is a link that was forgotten, and an error.

use miette::Diagnostic;
use serde::Serialize;
use thiserror::Error;

use super::part::Part;
use super::world::{self, WorldError, is_wasi};
use crate::nearest::quoted;

/// What is left to import, and what is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// WASI interfaces.
    pub wasi: Vec<String>,
    /// Types, alone or in interfaces without functions.
    pub types: Vec<String>,
    /// What the component exports.
    pub exports: Vec<String>,
}

/// Why a composed component does not pass.
#[derive(Debug, Error, Diagnostic)]
pub enum AuditError {
    /// It cannot be decoded.
    #[error(transparent)]
    #[diagnostic(transparent)]
    World(#[from] WorldError),
    /// It imports something that the host does not provide.
    #[error(
        "the composed component still imports `{import}`, which {} wanted",
        quoted(wanted_by.iter().map(String::as_str))
    )]
    #[diagnostic(help("add a component that exports it, or a `[link]` to one that does"))]
    Leftover {
        /// The import.
        import: String,
        /// The components that import it.
        wanted_by: Vec<String>,
    },
}

/// Decodes the composed component `bytes` and checks what it imports. `parts` are those that
/// it was composed of, to say who wanted what.
pub fn audit(bytes: &[u8], parts: &[Part<'_>]) -> Result<Audit, AuditError> {
    let world = world::decode(bytes)?;
    let mut audit =
        Audit { wasi: Vec::new(), types: Vec::new(), exports: world.exports.into_keys().collect() };
    for (import, item) in world.imports {
        if is_wasi(&import) {
            audit.wasi.push(import);
        } else if item.is_type_only() {
            audit.types.push(import);
        } else {
            let wanted_by = parts
                .iter()
                .filter(|part| part.world.imports.contains_key(&import))
                .map(|part| part.name.clone())
                .collect();
            return Err(AuditError::Leftover { import, wanted_by });
        }
    }
    Ok(audit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasi_and_types_may_stay_and_nothing_else() {
        let text = r#"(component
            (import "wasi:random/random@0.2.3" (instance (export "get-random-u64" (func (result u64)))))
            (import "a:b/types" (instance (type (record (field "x" u8))) (export "r" (type (eq 0)))))
            (type $e (enum "one"))
            (import "e" (type (eq $e))))"#;
        let bytes = wat::parse_str(text).unwrap();
        let found = audit(&bytes, &[]).unwrap();
        assert_eq!(found.wasi, ["wasi:random/random@0.2.3"]);
        assert_eq!(found.types, ["a:b/types", "e"]);

        let text = r#"(component (import "a:b/c" (instance (export "f" (func)))))"#;
        let bytes = wat::parse_str(text).unwrap();
        let part = Part::new("sink", bytes.clone()).unwrap();
        let error = audit(&bytes, &[part]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the composed component still imports `a:b/c`, which `sink` wanted"
        );
    }
}

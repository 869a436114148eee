//! What a composed component still imports.
//!
//! The WASI interfaces that the host has may remain: it always provides them, holding nothing
//! but what is granted. Interfaces of types alone may remain too, since there is nothing in them to
//! provide. Anything else is a link that was forgotten, and an error.

use miette::Diagnostic;
use serde::Serialize;
use thiserror::Error;

use super::part::Part;
use super::world::{self, WorldError, is_provided};
use crate::nearest::quoted;

/// Goes up when another component passes than did before: one that passed once is in the
/// store, and is not looked at again.
pub(super) const SCHEMA: u32 = 2;

/// What is left to import, and what is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// WASI interfaces that the host provides.
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
        if is_provided(&import) {
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

        // Of WASI, only what the host has: anything that began with `wasi:` passed once.
        for left in ["a:b/c", "wasi:keyvalue/store@0.2.0", "wasi:random/random@0.3.0"] {
            let text = format!(r#"(component (import "{left}" (instance (export "f" (func)))))"#);
            let bytes = wat::parse_str(text).unwrap();
            let part = Part::new("sink", bytes.clone()).unwrap();
            let error = audit(&bytes, &[part]).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("the composed component still imports `{left}`, which `sink` wanted")
            );
        }
    }
}

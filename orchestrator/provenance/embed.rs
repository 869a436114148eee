//! Both documents as custom sections of a component.

use std::borrow::Cow;

use wasm_encoder::{ComponentSection as _, CustomSection};

/// The section of the bill of materials: its media type.
pub const BOM_SECTION: &str = "application/vnd.cyclonedx+json";

/// The section of the statement: its media type.
pub const STATEMENT_SECTION: &str = "application/vnd.in-toto+json";

/// A component with the bill of materials and the statement at its end. They name the component
/// as it is without them: no text can hold a digest of itself.
pub fn embedded(component: &[u8], bom: &str, statement: &str) -> Vec<u8> {
    let mut bytes = component.to_vec();
    for (name, text) in [(BOM_SECTION, bom), (STATEMENT_SECTION, statement)] {
        let section = CustomSection { name: name.into(), data: Cow::Borrowed(text.as_bytes()) };
        section.append_to_component(&mut bytes);
    }
    bytes
}

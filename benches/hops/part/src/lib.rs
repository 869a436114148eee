//! What the driver and the flows of `benches/flow.rs` call: functions that do next to nothing.

/// Made from the world `part` by cargo-component at build time.
#[allow(warnings)]
mod bindings;

use bindings::exports::demo::hops::stages::Guest;

struct Part;

impl Guest for Part {
    fn add(number: u32) -> u32 {
        number.wrapping_add(1)
    }

    fn echo(text: String) -> String {
        text
    }

    fn check(text: String) -> Result<String, String> {
        Ok(text)
    }
}

bindings::export!(Part with_types_in bindings);

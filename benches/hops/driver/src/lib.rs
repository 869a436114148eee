//! Does by hand what the flows of `benches/flow.rs` do: calls a function of a part once, or nine
//! times, each time with what the call before returned.

/// Made from the world `driver` by cargo-component at build time.
#[allow(warnings)]
mod bindings;

use bindings::demo::hops::stages::{add, check, echo};
use bindings::Guest;

struct Driver;

impl Guest for Driver {
    fn add_once(number: u32) -> u32 {
        add(number)
    }

    fn add_often(number: u32) -> u32 {
        add(add(add(add(add(add(add(add(add(number)))))))))
    }

    fn echo_once(text: String) -> String {
        echo(&text)
    }

    fn echo_often(mut text: String) -> String {
        for _ in 0..9 {
            text = echo(&text);
        }
        text
    }

    fn check_once(text: String) -> Result<String, String> {
        check(&text)
    }

    fn check_often(mut text: String) -> Result<String, String> {
        for _ in 0..9 {
            text = check(&text)?;
        }
        Ok(text)
    }
}

bindings::export!(Driver with_types_in bindings);

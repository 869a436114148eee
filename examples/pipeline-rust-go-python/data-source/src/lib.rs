//! The source of the example pipeline: answers a query with data.

/// Made from the world `source` by cargo-component at build time.
#[allow(warnings)]
mod bindings;

use bindings::exports::demo::pipeline::data_source::Guest;

struct Component;

impl Guest for Component {
    fn fetch_data(query: String) -> Vec<u8> {
        format!("Data for query: {query}").into_bytes()
    }
}

bindings::export!(Component with_types_in bindings);

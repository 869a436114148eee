//! What `benches/crossing` calls, in Rust.

/// Made from the world `transforms` by cargo-component at build time.
#[allow(warnings)]
mod bindings;
mod transform;

use std::hint::black_box;

use bindings::exports::demo::crossing::transformer::Guest;

struct Component;

impl Guest for Component {
    fn transform(input: Vec<u8>) -> Vec<u8> {
        transform::transform(&input)
    }

    fn batch(inputs: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        transform::batch(&inputs)
    }

    fn lines(text: String) -> String {
        transform::lines(&text)
    }

    fn again(input: Vec<u8>, times: u32) -> Vec<u8> {
        let transform = |_, _| transform::transform(black_box(&input));
        (0..times).fold(Vec::new(), transform)
    }
}

bindings::export!(Component with_types_in bindings);

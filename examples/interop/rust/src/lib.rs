//! The transformer in Rust, with what its standard library has.

wit_bindgen::generate!({ path: "../wit", world: "transformer" });

use exports::demo::interop::transform::Guest;

struct Component;

impl Guest for Component {
    fn transform(input: Vec<u8>) -> Vec<u8> {
        Self::transform_text(String::from_utf8_lossy(&input).into_owned()).into_bytes()
    }

    fn transform_text(text: String) -> String {
        text.to_uppercase().chars().rev().collect()
    }
}

export!(Component);

//! The end of the chain: gives back what it is given, and owns the counters on which all others
//! stand.

/// Made from the world `rust-end` by cargo-component at build time.
#[allow(warnings)]
mod bindings;
mod counters;
mod spelling;

use bindings::exports::poly::types::values::{
    Anything, Bits, Guest, Months, Permissions, Point, Ragged, Segment, Shape, Suit,
};

struct Component;

/// One function for each type, which gives back what it is given.
macro_rules! echo {
    ($($name:ident: $type:ty,)*) => {
        $(fn $name(value: $type) -> $type {
            value
        })*
    };
}

impl Guest for Component {
    echo! {
        echo_bool: bool,
        echo_s8: i8,
        echo_u8: u8,
        echo_s16: i16,
        echo_u16: u16,
        echo_s32: i32,
        echo_u32: u32,
        echo_s64: i64,
        echo_u64: u64,
        echo_f32: f32,
        echo_f64: f64,
        echo_char: char,
        echo_string: String,
        echo_bytes: Vec<u8>,
        echo_numbers: Vec<i64>,
        echo_floats: Vec<f32>,
        echo_truths: Vec<bool>,
        echo_letters: Vec<char>,
        echo_strings: Vec<String>,
        echo_table: Vec<Vec<u16>>,
        echo_records: Vec<Segment>,
        echo_variants: Vec<Shape>,
        echo_options: Vec<Option<u64>>,
        echo_single: (u8,),
        echo_pair: (u8, String),
        echo_tuple: (bool, i64, (f32, char), Vec<String>),
        echo_point: Point,
        echo_segment: Segment,
        echo_ragged: Ragged,
        echo_shape: Shape,
        echo_suit: Suit,
        echo_permissions: Permissions,
        echo_months: Months,
        echo_bits: Bits,
        echo_option: Option<String>,
        echo_nested_option: Option<Option<u32>>,
        echo_deep_option: Option<Option<Option<Point>>>,
        echo_result: Result<u64, String>,
        echo_result_ok: Result<String, ()>,
        echo_result_err: Result<(), f64>,
        echo_result_bare: Result<(), ()>,
        echo_nested_result: Result<Option<String>, Result<u8, Vec<String>>>,
        echo_anything: Anything,
    }

    fn gather(
        a: u8,
        b: u64,
        c: bool,
        d: u16,
        e: f32,
        f: i8,
        g: f64,
        h: char,
        i: i16,
        j: i64,
        k: u32,
        l: String,
        m: i32,
        n: Option<Segment>,
    ) -> (Ragged, Option<Segment>) {
        (Ragged { a, b, c, d, e, f, g, h, i, j, k, l, m }, n)
    }

    fn spell(value: Anything) -> Vec<String> {
        vec![format!("rust: {}", spelling::spell(&value))]
    }
}

bindings::export!(Component with_types_in bindings);

//! The beginning of the chain: hands on what it is given, and uses the counters of the next
//! component as anyone would.

wit_bindgen::generate!({ path: "../wit", world: "rust-front" });

mod counting;
mod streaming;

use exports::poly::types::values::Guest;
use poly::types::shapes::{
    Anything, Bits, Months, Permissions, Point, Ragged, Segment, Shape, Suit,
};
use poly::types::values;

struct Component;

/// One function for each type, which gives back what the next component gives back.
macro_rules! hand_on {
    ($($name:ident: $type:ty => $value:ident $pass:expr,)*) => {
        $(fn $name($value: $type) -> $type {
            values::$name($pass)
        })*
    };
}

impl Guest for Component {
    hand_on! {
        echo_bool: bool => value value,
        echo_s8: i8 => value value,
        echo_u8: u8 => value value,
        echo_s16: i16 => value value,
        echo_u16: u16 => value value,
        echo_s32: i32 => value value,
        echo_u32: u32 => value value,
        echo_s64: i64 => value value,
        echo_u64: u64 => value value,
        echo_f32: f32 => value value,
        echo_f64: f64 => value value,
        echo_char: char => value value,
        echo_string: String => value &value,
        echo_bytes: Vec<u8> => value &value,
        echo_numbers: Vec<i64> => value &value,
        echo_floats: Vec<f32> => value &value,
        echo_truths: Vec<bool> => value &value,
        echo_letters: Vec<char> => value &value,
        echo_strings: Vec<String> => value &value,
        echo_table: Vec<Vec<u16>> => value &value,
        echo_records: Vec<Segment> => value &value,
        echo_variants: Vec<Shape> => value &value,
        echo_options: Vec<Option<u64>> => value &value,
        echo_single: (u8,) => value value,
        echo_pair: (u8, String) => value (value.0, &value.1),
        echo_tuple: (bool, i64, (f32, char), Vec<String>) => value (value.0, value.1, value.2, &value.3),
        echo_point: Point => value value,
        echo_segment: Segment => value &value,
        echo_ragged: Ragged => value &value,
        echo_shape: Shape => value &value,
        echo_suit: Suit => value value,
        echo_permissions: Permissions => value value,
        echo_months: Months => value value,
        echo_bits: Bits => value value,
        echo_option: Option<String> => value value.as_deref(),
        echo_nested_option: Option<Option<u32>> => value value,
        echo_deep_option: Option<Option<Option<Point>>> => value value,
        echo_result: Result<u64, String> => value value.as_ref().map(|it| *it).map_err(String::as_str),
        echo_result_ok: Result<String, ()> => value value.as_deref().map_err(|it| *it),
        echo_result_err: Result<(), f64> => value value,
        echo_result_bare: Result<(), ()> => value value,
        echo_nested_result: Result<Option<String>, Result<u8, Vec<String>>> => value
            match &value {
                Ok(ok) => Ok(ok.as_deref()),
                Err(Ok(number)) => Err(Ok(*number)),
                Err(Err(texts)) => Err(Err(texts.as_slice())),
            },
        echo_anything: Anything => value &value,
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
        values::gather(a, b, c, d, e, f, g, h, i, j, k, &l, m, n.as_ref())
    }

    fn spell(value: Anything) -> Vec<String> {
        values::spell(&value)
    }
}

export!(Component);

//! Gives back what it is given.

wit_bindgen::generate!({ path: "../wit", world: "echo" });

use exports::demo::echo::shapes_echo::{
    Anything, Bits, Guest, Months, Permissions, Point, Ragged, Segment, Shape, Suit,
};

struct Component;

/// One function for each type.
macro_rules! give_back {
    ($($name:ident: $type:ty,)*) => {
        $(fn $name(value: $type) -> $type {
            value
        })*
    };
}

impl Guest for Component {
    give_back! {
        echo_point: Point,
        echo_segment: Segment,
        echo_ragged: Ragged,
        echo_shape: Shape,
        echo_suit: Suit,
        echo_permissions: Permissions,
        echo_months: Months,
        echo_bits: Bits,
        echo_anything: Anything,
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
        echo_list_u8: Vec<u8>,
        echo_list_s64: Vec<i64>,
        echo_list_f32: Vec<f32>,
        echo_list_bool: Vec<bool>,
        echo_list_char: Vec<char>,
        echo_list_string: Vec<String>,
        echo_list_list_u16: Vec<Vec<u16>>,
        echo_list_segment: Vec<Segment>,
        echo_list_shape: Vec<Shape>,
        echo_list_option_u64: Vec<Option<u64>>,
        echo_tuple_u8: (u8,),
        echo_tuple_u8_string: (u8, String),
        echo_tuple_bool_s64_tuple_f32_char_list_string: (bool, i64, (f32, char), Vec<String>),
        echo_option_string: Option<String>,
        echo_option_option_u32: Option<Option<u32>>,
        echo_option_option_option_point: Option<Option<Option<Point>>>,
        echo_result_u64_string: Result<u64, String>,
        echo_result_string: Result<String, ()>,
        echo_result_none_f64: Result<(), f64>,
        echo_result: Result<(), ()>,
        echo_result_option_string_result_u8_list_string: Result<Option<String>, Result<u8, Vec<String>>>,
    }
}

export!(Component);

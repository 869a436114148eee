//! Values in words. Floats are spelt as their bits, characters as their numbers, so that every
//! language can spell them alike.

use crate::bindings::exports::poly::types::values::{Anything, Months, Permissions, Point, Shape};

/// The case and what it carries, separated by blanks.
pub fn spell(value: &Anything) -> String {
    match value {
        Anything::Nothing => "nothing".into(),
        Anything::Bool(value) => format!("bool {value}"),
        Anything::S8(value) => format!("s8 {value}"),
        Anything::U8(value) => format!("u8 {value}"),
        Anything::S16(value) => format!("s16 {value}"),
        Anything::U16(value) => format!("u16 {value}"),
        Anything::S32(value) => format!("s32 {value}"),
        Anything::U32(value) => format!("u32 {value}"),
        Anything::S64(value) => format!("s64 {value}"),
        Anything::U64(value) => format!("u64 {value}"),
        Anything::F32(value) => format!("f32 {}", single(*value)),
        Anything::F64(value) => format!("f64 {}", double(*value)),
        Anything::Char(value) => format!("char {}", letter(*value)),
        Anything::String(value) => format!("string{}", each(value.chars(), letter)),
        Anything::Bytes(value) => format!("bytes{}", each(value, |byte| format!("{byte:02x}"))),
        Anything::Table(value) => {
            format!("table{}", each(value, |row| format!("[{}]", each(row, u16::to_string))))
        }
        Anything::Pair((number, text)) => format!("pair {number} {text}"),
        Anything::Point(value) => format!("point {}", point(value)),
        Anything::Ragged(value) => format!(
            "ragged {} {} {} {} {} {} {} {} {} {} {} {} {}",
            value.a,
            value.b,
            value.c,
            value.d,
            single(value.e),
            value.f,
            double(value.g),
            letter(value.h),
            value.i,
            value.j,
            value.k,
            value.l,
            value.m
        ),
        Anything::Shape(value) => format!("shape {}", shape(value)),
        Anything::Suit(value) => format!("suit {}", *value as u8),
        Anything::Permissions(value) => format!("permissions{}", permissions(*value)),
        Anything::Months(value) => format!("months{}", months(*value)),
        Anything::Bits(value) => format!("bits {:08x}", value.bits()),
        Anything::Maybe(None) => "maybe none".into(),
        Anything::Maybe(Some(None)) => "maybe some none".into(),
        Anything::Maybe(Some(Some(value))) => format!("maybe some some {value}"),
        Anything::Outcome(Ok(value)) => format!("outcome ok {value}"),
        Anything::Outcome(Err(value)) => format!("outcome err {value}"),
    }
}

fn shape(value: &Shape) -> String {
    match value {
        Shape::Nothing => "nothing".into(),
        Shape::Circle(radius) => format!("circle {}", single(*radius)),
        Shape::Rectangle((width, height)) => {
            format!("rectangle {} {}", double(*width), double(*height))
        }
        Shape::Polygon(points) => format!("polygon{}", each(points, point)),
        Shape::Text(text) => format!("text {text}"),
        Shape::Line(line) => format!(
            "line {} {} {}",
            point(&line.start),
            point(&line.end),
            line.label.as_deref().unwrap_or("none")
        ),
        Shape::Number(number) => format!("number {number}"),
    }
}

fn point(value: &Point) -> String {
    format!("{} {}", double(value.x), double(value.y))
}

fn permissions(value: Permissions) -> String {
    let names = [
        (Permissions::READ, "read"),
        (Permissions::WRITE, "write"),
        (Permissions::EXECUTE, "execute"),
    ];
    each(names.iter().filter(|(flag, _)| value.contains(*flag)), |(_, name)| name.to_string())
}

/// The months by their numbers.
fn months(value: Months) -> String {
    let names = [
        Months::JANUARY,
        Months::FEBRUARY,
        Months::MARCH,
        Months::APRIL,
        Months::MAY,
        Months::JUNE,
        Months::JULY,
        Months::AUGUST,
        Months::SEPTEMBER,
        Months::OCTOBER,
        Months::NOVEMBER,
        Months::DECEMBER,
    ];
    each((1..).zip(names).filter(|(_, flag)| value.contains(*flag)), |(number, _)| {
        number.to_string()
    })
}

/// All that are not a number are alike: WebAssembly does not say which bits they have.
fn single(value: f32) -> String {
    if value.is_nan() { "nan".into() } else { format!("{:08x}", value.to_bits()) }
}

fn double(value: f64) -> String {
    if value.is_nan() { "nan".into() } else { format!("{:016x}", value.to_bits()) }
}

fn letter(value: char) -> String {
    format!("U+{:04X}", u32::from(value))
}

/// Each item with a blank before it.
fn each<T>(items: impl IntoIterator<Item = T>, spell: impl Fn(T) -> String) -> String {
    items.into_iter().map(|item| format!(" {}", spell(item))).collect()
}

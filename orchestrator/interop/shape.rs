//! Types and values in five shapes, so that whoever goes through them need not know twenty kinds.
//!
//! A record and a tuple are parts; a variant, an enum, an option and a result are one of several
//! cases, an option's `none` before its `some`, a result's `ok` before its `err`.

use std::borrow::Cow;

use wasm_wave::value::{Type, Value};
use wasm_wave::wasm::{WasmType as _, WasmTypeKind, WasmValue as _, WasmValueError};

/// What a type is made of.
pub(super) enum Shape {
    /// Nothing smaller: a number, a truth, a character, a text.
    Scalar(WasmTypeKind),
    /// Any number of values of one type.
    List(Type),
    /// A value of each of these.
    Parts(Vec<Type>),
    /// One of these cases, with a value where it has a type.
    Cases(Vec<Option<Type>>),
    /// Any of so many flags.
    Flags(usize),
}

/// The shape of a type.
pub(super) fn shape(of: &Type) -> Shape {
    match of.kind() {
        WasmTypeKind::List => Shape::List(of.list_element_type().expect("a list has elements")),
        WasmTypeKind::Record => Shape::Parts(of.record_fields().map(|(_, field)| field).collect()),
        WasmTypeKind::Tuple => Shape::Parts(of.tuple_element_types().collect()),
        WasmTypeKind::Variant => {
            Shape::Cases(of.variant_cases().map(|(_, payload)| payload).collect())
        }
        WasmTypeKind::Enum => Shape::Cases(of.enum_cases().map(|_| None).collect()),
        WasmTypeKind::Option => Shape::Cases(vec![None, of.option_some_type()]),
        WasmTypeKind::Result => {
            let (ok, err) = of.result_types().expect("a result has two types");
            Shape::Cases(vec![ok, err])
        }
        WasmTypeKind::Flags => Shape::Flags(of.flags_names().count()),
        scalar => Shape::Scalar(scalar),
    }
}

/// A list of these elements.
pub(super) fn of_items(of: &Type, items: Vec<Value>) -> Value {
    fits(Value::make_list(of, items))
}

/// The elements of a list.
pub(super) fn items(value: &Value) -> Vec<Value> {
    value.unwrap_list().map(Cow::into_owned).collect()
}

/// A record or tuple of these parts.
pub(super) fn of_parts(of: &Type, parts: Vec<Value>) -> Value {
    if of.kind() == WasmTypeKind::Tuple {
        return fits(Value::make_tuple(of, parts));
    }
    let names: Vec<_> = of.record_fields().map(|(name, _)| name.into_owned()).collect();
    fits(Value::make_record(of, names.iter().map(String::as_str).zip(parts)))
}

/// The parts of a record or tuple.
pub(super) fn parts(value: &Value) -> Vec<Value> {
    match value.kind() {
        WasmTypeKind::Tuple => value.unwrap_tuple().map(Cow::into_owned).collect(),
        _ => value.unwrap_record().map(|(_, field)| field.into_owned()).collect(),
    }
}

/// A case by its place, with what it carries.
pub(super) fn of_case(of: &Type, case: usize, payload: Option<Value>) -> Value {
    match of.kind() {
        WasmTypeKind::Variant => {
            let (name, _) = of.variant_cases().nth(case).expect("a case of this variant");
            fits(Value::make_variant(of, &name, payload))
        }
        WasmTypeKind::Enum => {
            let name = of.enum_cases().nth(case).expect("a case of this enum");
            fits(Value::make_enum(of, &name))
        }
        WasmTypeKind::Option => fits(Value::make_option(of, payload)),
        _ if case == 0 => fits(Value::make_result(of, Ok(payload))),
        _ => fits(Value::make_result(of, Err(payload))),
    }
}

/// Which case a value is, and what it carries.
pub(super) fn case(of: &Type, value: &Value) -> (usize, Option<Value>) {
    let owned = |payload: Option<Cow<'_, Value>>| payload.map(Cow::into_owned);
    match of.kind() {
        WasmTypeKind::Variant => {
            let (name, payload) = value.unwrap_variant();
            let place = of.variant_cases().position(|(case, _)| case == name);
            (place.expect("a case of this variant"), owned(payload))
        }
        WasmTypeKind::Enum => {
            let name = value.unwrap_enum();
            let place = of.enum_cases().position(|case| case == name);
            (place.expect("a case of this enum"), None)
        }
        WasmTypeKind::Option => {
            let payload = owned(value.unwrap_option());
            (usize::from(payload.is_some()), payload)
        }
        _ => match value.unwrap_result() {
            Ok(payload) => (0, owned(payload)),
            Err(payload) => (1, owned(payload)),
        },
    }
}

/// Flags by their places.
pub(super) fn of_flags(of: &Type, set: impl IntoIterator<Item = usize>) -> Value {
    let names: Vec<_> = of.flags_names().map(Cow::into_owned).collect();
    let set: Vec<_> = set.into_iter().map(|place| names[place].as_str()).collect();
    fits(Value::make_flags(of, set))
}

/// The places of the flags that are set.
pub(super) fn flags(of: &Type, value: &Value) -> Vec<usize> {
    let set: Vec<_> = value.unwrap_flags().map(Cow::into_owned).collect();
    let named = of.flags_names().enumerate();
    named.filter(|(_, name)| set.iter().any(|set| set == name)).map(|(place, _)| place).collect()
}

/// A list of bytes.
pub(super) fn of_bytes(of: &Type, bytes: &[u8]) -> Value {
    of_items(of, bytes.iter().copied().map(Value::make_u8).collect())
}

/// The bytes of a value that is a list of them, and not empty.
pub(super) fn bytes(value: &Value) -> Option<Vec<u8>> {
    if value.kind() != WasmTypeKind::List {
        return None;
    }
    let byte = |item: Cow<'_, Value>| (item.kind() == WasmTypeKind::U8).then(|| item.unwrap_u8());
    value.unwrap_list().map(byte).collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty())
}

/// Whether a value is a NaN or holds one.
pub(super) fn has_nan(value: &Value) -> bool {
    let within = |payload: Option<Cow<'_, Value>>| payload.is_some_and(|it| has_nan(&it));
    match value.kind() {
        WasmTypeKind::F32 => value.unwrap_f32().is_nan(),
        WasmTypeKind::F64 => value.unwrap_f64().is_nan(),
        WasmTypeKind::List => value.unwrap_list().any(|item| has_nan(&item)),
        WasmTypeKind::Tuple => value.unwrap_tuple().any(|part| has_nan(&part)),
        WasmTypeKind::Record => value.unwrap_record().any(|(_, field)| has_nan(&field)),
        WasmTypeKind::Variant => within(value.unwrap_variant().1),
        WasmTypeKind::Option => within(value.unwrap_option()),
        WasmTypeKind::Result => within(value.unwrap_result().unwrap_or_else(|error| error)),
        _ => false,
    }
}

/// The simplest value of a type.
pub(super) fn plain(of: &Type) -> Value {
    match shape(of) {
        Shape::Scalar(kind) => match kind {
            WasmTypeKind::Bool => Value::make_bool(false),
            WasmTypeKind::S8 => Value::make_s8(0),
            WasmTypeKind::S16 => Value::make_s16(0),
            WasmTypeKind::S32 => Value::make_s32(0),
            WasmTypeKind::S64 => Value::make_s64(0),
            WasmTypeKind::U8 => Value::make_u8(0),
            WasmTypeKind::U16 => Value::make_u16(0),
            WasmTypeKind::U32 => Value::make_u32(0),
            WasmTypeKind::U64 => Value::make_u64(0),
            WasmTypeKind::F32 => Value::make_f32(0.0),
            WasmTypeKind::F64 => Value::make_f64(0.0),
            WasmTypeKind::Char => Value::make_char('a'),
            WasmTypeKind::String => Value::make_string("".into()),
            other => unreachable!("no function that is called takes or returns {other}"),
        },
        Shape::List(_) => of_items(of, Vec::new()),
        Shape::Parts(types) => of_parts(of, types.iter().map(plain).collect()),
        Shape::Cases(cases) => of_case(of, 0, cases[0].as_ref().map(plain)),
        Shape::Flags(_) => of_flags(of, []),
    }
}

/// A value in WAVE.
pub(super) fn text(value: &Value) -> String {
    wasm_wave::to_string(value).expect("writing to a text does not fail")
}

fn fits(made: Result<Value, WasmValueError>) -> Value {
    made.expect("it was made of values of the type's own parts")
}

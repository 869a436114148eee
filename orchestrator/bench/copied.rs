//! How many bytes a call copies through linear memory where it crosses a boundary.
//!
//! Counted by the canonical ABI (the component model's `CanonicalABI.md`), from the types and the
//! values: the contents of strings and lists, wherever they are nested, and all of the parameters or
//! of the result where they are too many to be passed as core values (more than 16, more than one).
//! Core values themselves travel in registers and are not counted, nor is what the two sides copy
//! by themselves. Texts are counted as UTF-8.

use serde::Serialize;
use wasm_wave::wasm::{WasmType, WasmTypeKind, WasmValue};

/// Core values that parameters may be passed as.
const MAX_FLAT_PARAMETERS: usize = 16;

/// Core values that a result may be passed as.
const MAX_FLAT_RESULTS: usize = 1;

/// What one call copies, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Copied {
    /// Into the component's memory: its arguments.
    pub arguments: u64,
    /// Out of it: its result.
    pub result: u64,
}

/// How a type lies in memory, and how many core values it is passed as.
#[derive(Clone, Copy)]
struct Layout {
    size: u64,
    alignment: u64,
    flat: usize,
}

/// What a call with these arguments and this result copies. None where a type is not known to have
/// a size, as handles have none here.
pub fn copied<V: WasmValue>(
    types: &[V::Type],
    arguments: &[V],
    result: Option<(&V::Type, &V)>,
) -> Option<Copied> {
    let passed = record(types.iter().map(layout))?;
    let mut in_memory = spilled(passed, MAX_FLAT_PARAMETERS);
    for (of, argument) in types.iter().zip(arguments) {
        in_memory += contents(of, argument)?;
    }
    let returned = match result {
        Some((of, value)) => spilled(layout(of)?, MAX_FLAT_RESULTS) + contents(of, value)?,
        None => 0,
    };
    Some(Copied { arguments: in_memory, result: returned })
}

/// What goes through memory because it is too much for core values.
fn spilled(layout: Layout, most: usize) -> u64 {
    if layout.flat > most { layout.size } else { 0 }
}

/// The contents of the strings and lists of a value.
fn contents<V: WasmValue>(of: &V::Type, value: &V) -> Option<u64> {
    let payload = |of: Option<V::Type>, value: Option<&V>| match (of, value) {
        (Some(of), Some(value)) => contents(&of, value),
        _ => Some(0),
    };
    match of.kind() {
        WasmTypeKind::String => Some(value.unwrap_string().len() as u64),
        WasmTypeKind::List => {
            let element = of.list_element_type()?;
            let size = layout(&element)?.size;
            value
                .unwrap_list()
                .try_fold(0, |sum, each| Some(sum + size + contents(&element, &*each)?))
        }
        WasmTypeKind::Record => {
            let mut fields = of.record_fields().zip(value.unwrap_record());
            fields.try_fold(0, |sum, ((_, of), (_, value))| Some(sum + contents(&of, &*value)?))
        }
        WasmTypeKind::Tuple => {
            let mut elements = of.tuple_element_types().zip(value.unwrap_tuple());
            elements.try_fold(0, |sum, (of, value)| Some(sum + contents(&of, &*value)?))
        }
        WasmTypeKind::Variant => {
            let (name, value) = value.unwrap_variant();
            let of = of.variant_cases().find(|(case, _)| *case == name).and_then(|(_, of)| of);
            payload(of, value.as_deref())
        }
        WasmTypeKind::Option => payload(of.option_some_type(), value.unwrap_option().as_deref()),
        WasmTypeKind::Result => {
            let (ok, err) = of.result_types()?;
            match value.unwrap_result() {
                Ok(value) => payload(ok, value.as_deref()),
                Err(value) => payload(err, value.as_deref()),
            }
        }
        _ => Some(0),
    }
}

fn layout<T: WasmType>(of: &T) -> Option<Layout> {
    let plain = |size| Some(Layout { size, alignment: size, flat: 1 });
    match of.kind() {
        WasmTypeKind::Bool | WasmTypeKind::S8 | WasmTypeKind::U8 => plain(1),
        WasmTypeKind::S16 | WasmTypeKind::U16 => plain(2),
        WasmTypeKind::S32 | WasmTypeKind::U32 | WasmTypeKind::F32 | WasmTypeKind::Char => plain(4),
        WasmTypeKind::S64 | WasmTypeKind::U64 | WasmTypeKind::F64 => plain(8),
        // Address and length.
        WasmTypeKind::String | WasmTypeKind::List => {
            Some(Layout { size: 8, alignment: 4, flat: 2 })
        }
        WasmTypeKind::Record => record(of.record_fields().map(|(_, of)| layout(&of))),
        WasmTypeKind::Tuple => record(of.tuple_element_types().map(|of| layout(&of))),
        WasmTypeKind::Variant => variant(of.variant_cases().map(|(_, of)| of)),
        WasmTypeKind::Enum => variant(of.enum_cases().map(|_| None::<T>)),
        WasmTypeKind::Option => variant([None, of.option_some_type()].into_iter()),
        WasmTypeKind::Result => variant(<[_; 2]>::from(of.result_types()?).into_iter()),
        WasmTypeKind::Flags => Some(flags(of.flags_names().count())),
        _ => None,
    }
}

/// Fields one after the other, each at its alignment.
fn record(fields: impl Iterator<Item = Option<Layout>>) -> Option<Layout> {
    let mut whole = Layout { size: 0, alignment: 1, flat: 0 };
    for field in fields {
        let field = field?;
        whole.size = whole.size.next_multiple_of(field.alignment) + field.size;
        whole.alignment = whole.alignment.max(field.alignment);
        whole.flat += field.flat;
    }
    whole.size = whole.size.next_multiple_of(whole.alignment);
    Some(whole)
}

/// The number of the case, and room for the largest payload.
fn variant<T: WasmType>(cases: impl Iterator<Item = Option<T>>) -> Option<Layout> {
    let mut payload = Layout { size: 0, alignment: 1, flat: 0 };
    let mut count = 0_u64;
    for case in cases {
        count += 1;
        let Some(case) = case else { continue };
        let case = layout(&case)?;
        payload.size = payload.size.max(case.size);
        payload.alignment = payload.alignment.max(case.alignment);
        payload.flat = payload.flat.max(case.flat);
    }
    let number = match count {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    };
    let alignment = payload.alignment.max(number);
    let size =
        (number.next_multiple_of(payload.alignment) + payload.size).next_multiple_of(alignment);
    Some(Layout { size, alignment, flat: payload.flat + 1 })
}

/// A bit for each.
fn flags(count: usize) -> Layout {
    match count {
        0..=8 => Layout { size: 1, alignment: 1, flat: 1 },
        9..=16 => Layout { size: 2, alignment: 2, flat: 1 },
        _ => {
            let words = count.div_ceil(32);
            Layout { size: words as u64 * 4, alignment: 4, flat: words }
        }
    }
}

#[cfg(test)]
mod tests {
    use wasm_wave::value::{Type, Value};

    use super::*;

    /// What a call copies whose only parameter, and whose result, is this value.
    fn of(of: &Type, value: &str) -> [u64; 2] {
        let value: Value = wasm_wave::from_str(of, value).unwrap();
        let types = std::slice::from_ref(of);
        let copied = copied(types, std::slice::from_ref(&value), Some((of, &value))).unwrap();
        [copied.arguments, copied.result]
    }

    #[test]
    fn core_values_are_not_copied() {
        assert_eq!(of(&Type::U64, "1"), [0, 0]);
        assert_eq!(of(&Type::enum_ty(["a", "b"]).unwrap(), "b"), [0, 0]);
        assert_eq!(copied::<Value>(&[], &[], None), Some(Copied { arguments: 0, result: 0 }));
    }

    #[test]
    fn a_text_is_its_bytes_and_as_a_result_its_place_too() {
        assert_eq!(of(&Type::STRING, "\"äb\""), [3, 8 + 3]);
        assert_eq!(of(&Type::list(Type::U16), "[1, 2, 3]"), [6, 8 + 6]);
    }

    #[test]
    fn nested_lists_are_followed() {
        let bytes = Type::list(Type::U8);
        assert_eq!(of(&Type::list(bytes), "[[1, 2, 3], [], [4]]"), [3 * 8 + 4, 8 + 3 * 8 + 4]);
        let maybe = Type::option(Type::STRING);
        assert_eq!(of(&maybe, "none"), [0, 12]);
        assert_eq!(of(&maybe, "some(\"abc\")"), [3, 12 + 3]);
        let either = Type::result(Some(Type::U8), Some(Type::STRING));
        assert_eq!(of(&either, "ok(1)"), [0, 12]);
        assert_eq!(of(&either, "err(\"no\")"), [2, 12 + 2]);
    }

    #[test]
    fn fields_are_padded_as_the_canonical_abi_says() {
        let fields = [("a", Type::U8), ("b", Type::U64), ("c", Type::U16)];
        let padded = Type::record(fields).unwrap();
        assert_eq!(of(&padded, "{a: 1, b: 2, c: 3}"), [0, 24]);
        assert_eq!(of(&Type::list(padded), "[{a: 1, b: 2, c: 3}]"), [24, 8 + 24]);
        let shape = Type::variant([("none", None), ("wide", Some(Type::U64))]).unwrap();
        assert_eq!(of(&shape, "wide(1)"), [0, 16]);
    }

    #[test]
    fn flags_take_one_two_or_four_bytes_a_word() {
        let in_list = |count: usize| {
            let names: Vec<String> = (0..count).map(|at| format!("f{at}")).collect();
            let of_flags = Type::flags(names.iter().map(String::as_str)).unwrap();
            of(&Type::list(of_flags), "[{}]")[0]
        };
        assert_eq!([8, 9, 17, 33].map(in_list), [1, 2, 4, 8]);
    }

    #[test]
    fn more_than_sixteen_core_values_go_through_memory() {
        let many = Type::tuple(vec![Type::U32; 17]).unwrap();
        let value = format!("({})", vec!["1"; 17].join(", "));
        assert_eq!(of(&many, &value), [68, 68]);
        let enough = Type::tuple(vec![Type::U32; 16]).unwrap();
        let value = format!("({})", vec!["1"; 16].join(", "));
        assert_eq!(of(&enough, &value), [0, 64]);
    }
}

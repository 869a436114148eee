//! Edge cases: the values of a type at which implementations tend to differ.

use wasm_wave::value::{Type, Value};
use wasm_wave::wasm::{WasmTypeKind, WasmValue as _};

use super::shape::{Shape, of_bytes, of_case, of_flags, of_items, of_parts, shape};
use super::texts::{CHARACTERS, F32, F64, FLOATS, NOT_UTF8, TEXTS, whole_numbers};

/// One more than 16 bits can count: the length of the longest lists and texts, in elements.
const HUGE: usize = 65_537;

/// The length of the longest lists of anything but numbers, and of what lies within a list.
const LONG: usize = 300;

/// As many as are made of one type.
const MOST: usize = 600;

/// As many combinations as are all tried.
const FEW: usize = 64;

/// The edge cases of a type, the simplest first; the first is its simplest value. There is at least
/// one and no end of them would help nobody: of several parts, each edge case of each part comes,
/// and not each combination.
pub(super) fn edges(of: &Type) -> Vec<Value> {
    within(of, HUGE)
}

/// Combinations of values, one of each column: all, where they are few; else so many that each
/// value of each column comes, beside others in each round.
pub(super) fn combinations(columns: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let longest = columns.iter().map(Vec::len).max().unwrap_or(1);
    let product = columns.iter().try_fold(1_usize, |product, column| {
        product.checked_mul(column.len()).filter(|product| *product <= FEW)
    });
    if let Some(product) = product {
        let nth = |mut number: usize| {
            let one_of = |column: &Vec<Value>| {
                let value = column[number % column.len()].clone();
                number /= column.len();
                value
            };
            columns.iter().map(one_of).collect()
        };
        return (0..product).map(nth).collect();
    }
    let rounds = (0..3).flat_map(|round| (0..longest).map(move |row| (round, row)));
    let combine = |(round, row): (usize, usize)| {
        let numbered = columns.iter().enumerate();
        numbered.map(move |(place, column)| column[(row + place * round) % column.len()].clone())
    };
    rounds.take(MOST).map(|at| combine(at).collect()).collect()
}

fn within(of: &Type, longest: usize) -> Vec<Value> {
    let mut values = match shape(of) {
        Shape::Scalar(kind) => scalars(kind, longest),
        Shape::List(element) => lists(of, &element, longest),
        Shape::Parts(types) => {
            let columns: Vec<_> = types.iter().map(|part| within(part, longest)).collect();
            combinations(&columns).into_iter().map(|parts| of_parts(of, parts)).collect()
        }
        Shape::Cases(cases) => {
            let payloads = cases.iter().enumerate().map(|(case, payload)| match payload {
                Some(payload) => within(payload, longest)
                    .into_iter()
                    .map(|value| of_case(of, case, Some(value)))
                    .collect(),
                None => vec![of_case(of, case, None)],
            });
            in_turn(payloads.collect())
        }
        Shape::Flags(count) => {
            let single = (0..count).map(|flag| of_flags(of, [flag]));
            let all_but = (0..count).map(|flag| of_flags(of, (0..count).filter(|it| *it != flag)));
            let ends = [of_flags(of, []), of_flags(of, 0..count)];
            ends.into_iter().chain(single).chain(all_but).collect()
        }
    };
    values.truncate(MOST);
    values
}

fn scalars(kind: WasmTypeKind, longest: usize) -> Vec<Value> {
    match kind {
        WasmTypeKind::Bool => vec![Value::make_bool(false), Value::make_bool(true)],
        WasmTypeKind::S8 => whole(Value::make_s8),
        WasmTypeKind::S16 => whole(Value::make_s16),
        WasmTypeKind::S32 => whole(Value::make_s32),
        WasmTypeKind::S64 => whole(Value::make_s64),
        WasmTypeKind::U8 => whole(Value::make_u8),
        WasmTypeKind::U16 => whole(Value::make_u16),
        WasmTypeKind::U32 => whole(Value::make_u32),
        WasmTypeKind::U64 => whole(Value::make_u64),
        WasmTypeKind::F32 => FLOATS.iter().chain(F32).map(|it| Value::make_f32(*it)).collect(),
        WasmTypeKind::F64 => {
            let shared = FLOATS.iter().map(|it| f64::from(*it));
            shared.chain(F64.iter().copied()).map(Value::make_f64).collect()
        }
        WasmTypeKind::Char => CHARACTERS.iter().map(|it| Value::make_char(*it)).collect(),
        WasmTypeKind::String => {
            let texts = TEXTS.iter().map(|text| (*text).to_owned());
            let long = ["a".repeat(longest), "aß€😀".repeat(longest / 10 + 1), TEXTS.concat()];
            texts.chain(long).map(|text| Value::make_string(text.into())).collect()
        }
        other => unreachable!("no function that is called takes {other}"),
    }
}

fn lists(of: &Type, element: &Type, longest: usize) -> Vec<Value> {
    let elements = within(element, LONG);
    let mut lists = vec![of_items(of, Vec::new())];
    // Interfaces hand text over as bytes, too.
    if *element == Type::U8 {
        lists.extend(TEXTS[1..].iter().map(|text| of_bytes(of, text.as_bytes())));
        lists.extend(NOT_UTF8.iter().map(|bytes| of_bytes(of, bytes)));
        lists.push(of_bytes(of, &(0..=255).collect::<Vec<u8>>()));
        lists.push(of_bytes(of, TEXTS.concat().as_bytes()));
    }
    let simplest = elements[0].clone();
    lists.push(of_items(of, vec![simplest.clone(), simplest]));
    lists.push(of_items(of, elements.clone()));
    lists.push(of_items(of, elements.iter().rev().cloned().collect()));
    let many = if matches!(shape(element), Shape::Scalar(kind) if kind != WasmTypeKind::String) {
        longest
    } else {
        longest.min(LONG)
    };
    let small = within(element, 0);
    lists.push(of_items(of, small.iter().cycle().take(many).cloned().collect()));
    lists.extend(elements.into_iter().map(|value| of_items(of, vec![value])));
    lists
}

fn whole<T: TryFrom<i128>>(make: fn(T) -> Value) -> Vec<Value> {
    whole_numbers().into_iter().filter_map(|number| T::try_from(number).ok()).map(make).collect()
}

/// The first of each, then the second of each, and so on.
fn in_turn(columns: Vec<Vec<Value>>) -> Vec<Value> {
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    let mut values = Vec::new();
    loop {
        let before = values.len();
        values.extend(columns.iter_mut().filter_map(Iterator::next));
        if values.len() == before {
            return values;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shape::text;
    use super::*;

    fn texts_of(of: &Type) -> Vec<String> {
        edges(of).iter().map(text).collect()
    }

    #[test]
    fn the_ends_of_every_integer_come() {
        let ends = [
            (Type::S8, "-128", "127"),
            (Type::U8, "0", "255"),
            (Type::S16, "-32768", "32767"),
            (Type::U16, "0", "65535"),
            (Type::S32, "-2147483648", "2147483647"),
            (Type::U32, "0", "4294967295"),
            (Type::S64, "-9223372036854775808", "9223372036854775807"),
            (Type::U64, "0", "18446744073709551615"),
        ];
        for (of, least, most) in ends {
            let texts = texts_of(&of);
            assert!(texts.iter().any(|text| text == least), "{of} has no {least}");
            assert!(texts.iter().any(|text| text == most), "{of} has no {most}");
            assert_eq!(texts[0], "0");
        }
        assert!(texts_of(&Type::S64).contains(&"9007199254740993".to_owned()));
    }

    #[test]
    fn what_floats_are_notorious_for_comes() {
        for of in [Type::F32, Type::F64] {
            let texts = texts_of(&of);
            for text in ["nan", "-0", "inf", "-inf", "2.5"] {
                assert!(texts.iter().any(|it| it == text), "{of} has no {text}");
            }
        }
        let of = |value: &Value| value.unwrap_f64();
        let doubles: Vec<f64> = edges(&Type::F64).iter().map(of).collect();
        let least = f64::from_bits(1);
        let most = f64::from_bits((1 << 52) - 1);
        assert!(doubles.contains(&least) && doubles.contains(&-least) && doubles.contains(&most));
        let of = |value: &Value| value.unwrap_f32();
        let floats: Vec<f32> = edges(&Type::F32).iter().map(of).collect();
        assert!(floats.contains(&f32::from_bits(1)) && floats.contains(&-f32::from_bits(1)));
        assert!(floats.contains(&f32::from_bits((1 << 23) - 1)));
    }

    #[test]
    fn the_characters_beside_surrogates_and_at_the_end_come() {
        let of = |value: &Value| value.unwrap_char();
        let characters: Vec<char> = edges(&Type::CHAR).iter().map(of).collect();
        for character in ['\0', '\u{d7ff}', '\u{e000}', '\u{10ffff}', 'ß', 'ŉ', '\u{301}'] {
            assert!(characters.contains(&character), "{character:?}");
        }
    }

    #[test]
    fn lists_are_empty_single_and_huge_and_bytes_are_also_text() {
        let lists = edges(&Type::list(Type::U8));
        let bytes: Vec<Vec<u8>> = lists
            .iter()
            .map(|list| list.unwrap_list().map(|it| it.unwrap_u8()).collect())
            .collect();
        assert!(bytes[0].is_empty());
        assert!(bytes.contains(&"ŉ".as_bytes().to_vec()) && bytes.contains(&vec![0xff]));
        assert!(bytes.contains(&vec![0xed, 0xa0, 0x80]), "a surrogate");
        assert!(bytes.iter().any(|bytes| bytes.len() == HUGE));
        assert!(lists.len() < 200, "{} do not all come in a run of 200", lists.len());
        let lists = edges(&Type::list(Type::list(Type::STRING)));
        assert!(lists.iter().any(|list| list.unwrap_list().count() == LONG));
    }

    #[test]
    fn every_case_and_flag_comes_early() {
        let variant =
            Type::variant([("a", Some(Type::STRING)), ("b", None), ("c", Some(Type::U8))]);
        let texts = texts_of(&variant.unwrap());
        assert_eq!(texts[..4], ["a(\"\")", "b", "c(0)", "a(\"a\")"]);
        let texts = texts_of(&Type::enum_ty(["x", "y"]).unwrap());
        assert_eq!(texts, ["x", "y"]);
        let texts = texts_of(&Type::flags(["x", "y", "z"]).unwrap());
        assert_eq!(texts, ["{}", "{x, y, z}", "{x}", "{y}", "{z}", "{y, z}", "{x, z}", "{x, y}"]);
    }

    #[test]
    fn options_within_options_and_all_four_results() {
        let texts = texts_of(&Type::option(Type::option(Type::BOOL)));
        assert_eq!(texts, ["none", "some(none)", "some(some(false))", "some(some(true))"]);
        let result = |ok: Option<Type>, err: Option<Type>| texts_of(&Type::result(ok, err));
        assert_eq!(result(None, None), ["ok", "err"]);
        assert_eq!(result(Some(Type::BOOL), None), ["ok(false)", "err", "ok(true)"]);
        assert_eq!(result(None, Some(Type::BOOL)), ["ok", "err(false)", "err(true)"]);
        let both = result(Some(Type::BOOL), Some(Type::BOOL));
        assert_eq!(both, ["ok(false)", "err(false)", "ok(true)", "err(true)"]);
    }

    #[test]
    fn parts_are_combined_in_full_where_they_are_few_and_else_each_comes() {
        let pair = Type::tuple([Type::BOOL, Type::BOOL]).unwrap();
        let all = ["(false, false)", "(true, false)", "(false, true)", "(true, true)"];
        assert_eq!(texts_of(&pair), all);
        let record = Type::record([("x", Type::S32), ("y", Type::S32)]).unwrap();
        let values = edges(&record);
        let numbers = edges(&Type::S32);
        for number in &numbers {
            let holds = |value: &&Value| value.unwrap_record().any(|(_, field)| *field == *number);
            assert!(values.iter().filter(holds).count() > 1, "{}", text(number));
        }
        let differ = |value: &Value| {
            let fields: Vec<_> = value.unwrap_record().map(|(_, field)| text(&field)).collect();
            fields[0] != fields[1]
        };
        assert!(values.iter().any(differ), "both fields are not always equal");
    }
}

//! Simpler values in the place of a value: what a difference is shrunk by.
//!
//! Whoever takes one of them again and again comes to the [simplest](super::shape::plain) value of
//! the type, or to one that is as simple as the difference allows. The boldest step comes first: a
//! whole half of a list before a single element of it.

use std::iter;
use std::rc::Rc;

use wasm_wave::value::{Type, Value};
use wasm_wave::wasm::{WasmTypeKind, WasmValue as _};

use super::shape::{
    Shape, bytes, case, flags, items, of_bytes, of_case, of_flags, of_items, of_parts, parts,
    plain, shape, text,
};

/// Values that are made as they are asked for: of a long list there are more than anybody tries.
type Values = Box<dyn Iterator<Item = Value>>;

/// Characters that anybody can read, the simplest first.
const READABLE: [char; 5] = ['a', 'b', 'A', '0', ' '];

/// Values that are simpler than `value`, the boldest first.
pub(super) fn smaller(of: &Type, value: &Value) -> Values {
    let simplest = plain(of);
    if text(&simplest) == text(value) {
        return Box::new(iter::empty());
    }
    let own = of.clone();
    let further: Values = match shape(of) {
        Shape::Scalar(kind) => scalar(kind, value),
        Shape::List(element) => list(of, element, value),
        Shape::Parts(types) => {
            let simpler =
                one_simpler(parts(value).into(), move |place, part| smaller(&types[place], part));
            Box::new(simpler.map(move |parts| of_parts(&own, parts)))
        }
        Shape::Cases(cases) => {
            let (place, payload) = case(of, value);
            let within = cases[place].as_ref().zip(payload);
            let within = within.map(|(of, payload)| smaller(of, &payload));
            let earlier = cases.into_iter().take(place).enumerate();
            let earlier = earlier.map(|(case, payload)| (case, payload.as_ref().map(plain)));
            let within = within.into_iter().flatten().map(move |payload| (place, Some(payload)));
            let simpler = earlier.chain(within);
            Box::new(simpler.map(move |(case, payload)| of_case(&own, case, payload)))
        }
        Shape::Flags(_) => {
            let fewer = shorter(flags(of, value).into());
            Box::new(fewer.map(move |set| of_flags(&own, set)))
        }
    };
    Box::new(iter::once(simplest).chain(further))
}

/// Shorter rows: without a half, without a quarter, at last without a single item.
pub(super) fn shorter<T: Clone>(all: Rc<[T]>) -> impl Iterator<Item = Vec<T>> {
    let sizes = iter::successors(Some(all.len().div_ceil(2)), |size| Some(size / 2));
    sizes.take_while(|size| *size > 0).flat_map(move |size| {
        let all = all.clone();
        (0..all.len()).step_by(size).map(move |start| {
            let end = (start + size).min(all.len());
            [&all[..start], &all[end..]].concat()
        })
    })
}

/// The same row with one item simpler; `simpler` says what an item at a place may become.
fn one_simpler<T: Clone, I: Iterator<Item = T>>(
    all: Rc<[T]>,
    simpler: impl Fn(usize, &T) -> I,
) -> impl Iterator<Item = Vec<T>> {
    (0..all.len()).flat_map(move |place| {
        let all = all.clone();
        simpler(place, &all[place]).map(move |item| {
            let mut row = all.to_vec();
            row[place] = item;
            row
        })
    })
}

fn scalar(kind: WasmTypeKind, value: &Value) -> Values {
    match kind {
        WasmTypeKind::S8 => whole(value.unwrap_s8(), Value::make_s8),
        WasmTypeKind::S16 => whole(value.unwrap_s16(), Value::make_s16),
        WasmTypeKind::S32 => whole(value.unwrap_s32(), Value::make_s32),
        WasmTypeKind::S64 => whole(value.unwrap_s64(), Value::make_s64),
        WasmTypeKind::U8 => whole(value.unwrap_u8(), Value::make_u8),
        WasmTypeKind::U16 => whole(value.unwrap_u16(), Value::make_u16),
        WasmTypeKind::U32 => whole(value.unwrap_u32(), Value::make_u32),
        WasmTypeKind::U64 => whole(value.unwrap_u64(), Value::make_u64),
        #[expect(clippy::cast_possible_truncation, reason = "a rounded one will do as well")]
        WasmTypeKind::F32 => {
            let own = value.unwrap_f32();
            let numbers = floats(own.into()).into_iter().map(|number| number as f32);
            // Rounded, one may be the very number that it is to be simpler than.
            let others = numbers.filter(move |number| number.to_bits() != own.to_bits());
            Box::new(others.map(Value::make_f32))
        }
        WasmTypeKind::F64 => Box::new(floats(value.unwrap_f64()).into_iter().map(Value::make_f64)),
        WasmTypeKind::Char => Box::new(characters(value.unwrap_char()).map(Value::make_char)),
        WasmTypeKind::String => {
            Box::new(texts(&value.unwrap_string()).map(|text| Value::make_string(text.into())))
        }
        _ => Box::new(iter::empty()),
    }
}

/// Towards zero: the positive number of a negative one, then half the way, a quarter, and at last
/// a step of one, so that the border of a range is found in few steps.
fn whole<T: TryFrom<i128> + Into<i128> + 'static>(number: T, make: fn(T) -> Value) -> Values {
    let number: i128 = number.into();
    let opposite = (number < 0).then_some(-number);
    let steps = iter::successors(Some(number / 2), |step| Some(step / 2));
    let nearer = steps.take_while(|step| *step != 0).map(move |step| number - step);
    let numbers = opposite.into_iter().chain(nearer);
    Box::new(numbers.filter_map(|number| T::try_from(number).ok()).map(make))
}

/// As integers do, a negative one becomes positive, or nearer to zero as the positive one would.
fn floats(number: f64) -> Vec<f64> {
    if number.is_nan() {
        return vec![1.0, f64::INFINITY];
    }
    if number.is_infinite() && number > 0.0 {
        return vec![1.0];
    }
    let is_other = |other: &f64| other.to_bits() != number.to_bits();
    if number.is_sign_negative() {
        let nearer = floats(-number).into_iter().map(|nearer| -nearer);
        return [-number, -0.0].into_iter().filter(is_other).chain(nearer).collect();
    }
    let whole = number.trunc();
    if is_other(&whole) {
        // What lies between two whole numbers becomes one of them, or loses digits.
        let digits = [10.0, 100.0, 1000.0].map(|digits| (number * digits).trunc() / digits);
        let fewer = digits.into_iter().filter(|fewer| *fewer < number && *fewer > whole);
        return [whole, whole + 1.0].into_iter().chain(fewer).collect();
    }
    let steps = iter::successors(Some(number / 2.0), |step| Some(step / 2.0));
    let nearer = steps.map(f64::trunc).take_while(|step| *step >= 1.0).map(|step| number - step);
    // Halves alone would take a thousand steps from the largest.
    let root = iter::once(number.sqrt().trunc());
    root.chain(nearer.take(64)).filter(|nearer| *nearer < number).collect()
}

/// Readable ones come first, then those with lower numbers.
fn characters(character: char) -> impl Iterator<Item = char> {
    let readable = READABLE.into_iter().take_while(move |readable| *readable != character);
    let number = if READABLE.contains(&character) { 0 } else { u32::from(character) };
    let steps = iter::successors(Some(number / 2), |step| Some(step / 2));
    let lower =
        steps.take_while(|step| *step > 0).filter_map(move |it| char::from_u32(number - it));
    readable.chain(lower)
}

fn texts(text: &str) -> impl Iterator<Item = String> + use<> {
    let all: Rc<[char]> = text.chars().collect();
    let simpler = one_simpler(all.clone(), |_, character| characters(*character));
    shorter(all).chain(simpler).map(String::from_iter)
}

fn list(of: &Type, element: Type, value: &Value) -> Values {
    let (as_text, as_list) = (of.clone(), of.clone());
    // Bytes that are a text become a simpler text: half a character is something else.
    let text = bytes(value).and_then(|bytes| String::from_utf8(bytes).ok());
    let simpler_text = text.map(|text| texts(&text)).into_iter().flatten();
    let simpler_text = simpler_text.map(move |text| of_bytes(&as_text, text.as_bytes()));
    let all: Rc<[Value]> = items(value).into();
    let simpler =
        shorter(all.clone()).chain(one_simpler(all, move |_, item| smaller(&element, item)));
    Box::new(simpler_text.chain(simpler.map(move |items| of_items(&as_list, items))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The simplest value that `keeps` holds for, as it is found from `value` by the first step that
    /// keeps it, again and again.
    fn least(of: &Type, value: Value, keeps: impl Fn(&Value) -> bool) -> String {
        assert!(keeps(&value));
        let mut least = value;
        for _ in 0..500 {
            let Some(next) = smaller(of, &least).find(&keeps) else { return text(&least) };
            least = next;
        }
        panic!("there is no end of simpler values: now at {}", text(&least));
    }

    fn from(of: &Type, from: &str) -> Value {
        wasm_wave::from_str(of, from).unwrap()
    }

    #[test]
    fn integers_stop_at_the_border() {
        let over = |border: i64| move |value: &Value| value.unwrap_s64() > border;
        assert_eq!(least(&Type::S64, from(&Type::S64, "9223372036854775807"), over(1000)), "1001");
        assert_eq!(least(&Type::S64, from(&Type::S64, "7"), over(-5)), "0");
        let under = |value: &Value| value.unwrap_s8() < -20;
        assert_eq!(least(&Type::S8, from(&Type::S8, "-128"), under), "-21");
        assert_eq!(least(&Type::S8, from(&Type::S8, "-128"), |_| true), "0");
        let not_zero = |value: &Value| value.unwrap_s8() != 0;
        assert_eq!(least(&Type::S8, from(&Type::S8, "-128"), not_zero), "1");
    }

    #[test]
    fn floats_become_short() {
        let least_over = |start: &str, border: f64| {
            least(&Type::F64, from(&Type::F64, start), |value| value.unwrap_f64() > border)
        };
        assert_eq!(least_over("1e300", 1000.0), "1001");
        assert_eq!(least_over("12.3456", 12.0), "13");
        assert_eq!(least_over("inf", 0.0), "1");
        let negative_zero = |value: &Value| value.unwrap_f64().is_sign_negative();
        assert_eq!(least(&Type::F64, from(&Type::F64, "-17.25"), negative_zero), "-0");
        let nan = |value: &Value| value.unwrap_f32().is_nan();
        assert_eq!(least(&Type::F32, from(&Type::F32, "nan"), nan), "nan");
        let broken = |value: &Value| value.unwrap_f64().fract() != 0.0;
        assert_eq!(least(&Type::F64, from(&Type::F64, "3.1415926"), broken), "3.1");
        assert_eq!(least(&Type::F64, from(&Type::F64, "-3.1415926"), broken), "3.1");
    }

    #[test]
    fn negative_floats_come_to_an_end_as_positive_ones_do() {
        let least_under = |start: &str, border: f64| {
            least(&Type::F64, from(&Type::F64, start), |value| value.unwrap_f64() < border)
        };
        assert_eq!(least_under("-1", 0.0), "-1");
        assert_eq!(least_under("-17.25", 0.0), "-1");
        assert_eq!(least_under("-1e300", -1000.0), "-1001");
        assert_eq!(least_under("-inf", -3.0), "-inf");
        assert_eq!(least_under("-inf", 0.0), "-1");
    }

    #[test]
    fn a_short_float_of_32_bits_is_not_simpler_than_itself() {
        let broken = |value: &Value| value.unwrap_f32().fract() != 0.0;
        for number in ["0.1", "0.3", "-0.1"] {
            let least = least(&Type::F32, from(&Type::F32, number), broken);
            assert_eq!(least, number.trim_start_matches('-'));
        }
    }

    #[test]
    fn texts_keep_the_characters_that_matter() {
        let has = |what: char| move |value: &Value| value.unwrap_string().contains(what);
        let start = from(&Type::STRING, r#""Hello, Straße 17 😀""#);
        assert_eq!(least(&Type::STRING, start.clone(), has('ß')), "\"ß\"");
        assert_eq!(least(&Type::STRING, start.clone(), |_| true), "\"\"");
        let long = |value: &Value| value.unwrap_string().chars().count() >= 3;
        assert_eq!(least(&Type::STRING, start, long), "\"aaa\"");
    }

    #[test]
    fn bytes_that_are_text_shrink_as_text_and_others_as_bytes() {
        let of = Type::list(Type::U8);
        let start = of_bytes(&of, "Straße und Maß".as_bytes());
        let has = |value: &Value| {
            let bytes = bytes(value).unwrap_or_default();
            String::from_utf8_lossy(&bytes).contains('ß')
        };
        assert_eq!(least(&of, start, has), "[195, 159]");
        let start = of_bytes(&of, b"abc\xc3\x28def");
        let broken = |value: &Value| String::from_utf8(bytes(value).unwrap_or_default()).is_err();
        assert_eq!(least(&of, start, broken), "[128]");
    }

    #[test]
    fn everything_else_loses_what_does_not_matter() {
        let of = Type::variant([
            ("nothing", None),
            ("few", Some(Type::option(Type::option(Type::U8)))),
            ("many", Some(Type::list(Type::tuple([Type::U8, Type::BOOL]).unwrap()))),
        ])
        .unwrap();
        let start = from(&of, "many([(1, true), (200, true), (3, false)])");
        let is_many = |value: &Value| value.unwrap_variant().0 == "many";
        assert_eq!(least(&of, start.clone(), is_many), "many([])");
        let large = |value: &Value| text(value).contains("200");
        assert_eq!(least(&of, start.clone(), large), "many([(200, false)])");
        assert_eq!(least(&of, start, |value| text(value) != "nothing"), "few(none)");
        let flags = Type::flags(["a", "b", "c", "d"]).unwrap();
        let has = |value: &Value| text(value).contains('c');
        assert_eq!(least(&flags, from(&flags, "{a, b, c, d}"), has), "{c}");
        let result = Type::result(Some(Type::U8), Some(Type::STRING));
        let is_err = |value: &Value| text(value).starts_with("err");
        assert_eq!(least(&result, from(&result, "err(\"no\")"), is_err), "err(\"\")");
    }

    #[test]
    fn candidates_of_a_huge_list_are_not_all_made_at_once() {
        let of = Type::list(Type::U32);
        let huge = of_items(&of, vec![Value::make_u32(9); 65_537]);
        let first: Vec<_> = smaller(&of, &huge).take(3).map(|it| items(&it).len()).collect();
        assert_eq!(first, [0, 32_768, 32_769]);
    }
}

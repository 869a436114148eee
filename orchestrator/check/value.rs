//! Values held against each other: as WAVE writes them, or with floats that are only near.

use wasm_wave::parser::ParserError;
use wasm_wave::value::{Type, Value};
use wasm_wave::wasm::{WasmTypeKind, WasmValue};

use super::outcome::Returned;

/// A value that was expected, read as one of the type that was returned.
pub(super) struct Wanted {
    /// As the host would write it, so that equal values are equal texts: WAVE's writer has one
    /// spelling for each value, and one for all that are not a number.
    pub(super) text: String,
    value: Value,
}

impl Wanted {
    /// Reads `text`.
    pub(super) fn read(text: &str, of: &Type) -> Result<Self, ParserError> {
        let value: Value = wasm_wave::from_str(of, text)?;
        let text = wasm_wave::to_string(&value).expect("writing to a text does not fail");
        Ok(Self { text, value })
    }

    /// Whether it is what was returned: exactly, but for floats, which may be `approx` away.
    pub(super) fn is(&self, returned: &Returned, approx: Option<f64>) -> bool {
        let got = || wasm_wave::from_str::<Value>(&returned.of, &returned.text);
        let near = |approx| got().is_ok_and(|got| are_near(&self.value, &got, approx));
        self.text == returned.text || approx.is_some_and(near)
    }
}

/// What a regular expression is held against: a string's characters, any other value's WAVE.
pub(super) fn characters(returned: &Returned) -> String {
    let string = || wasm_wave::from_str::<Value>(&returned.of, &returned.text).ok();
    string()
        .filter(|value| value.kind() == WasmTypeKind::String)
        .map_or_else(|| returned.text.clone(), |value| value.unwrap_string().into_owned())
}

/// Whether two values of one type differ in nothing but floats that are near each other.
pub(crate) fn are_near(one: &Value, other: &Value, approx: f64) -> bool {
    let both = |one: &Value, other: &Value| are_near(one, other, approx);
    let perhaps = |one: Option<&Value>, other: Option<&Value>| match (one, other) {
        (Some(one), Some(other)) => both(one, other),
        (one, other) => one.is_none() && other.is_none(),
    };
    match one.kind() {
        WasmTypeKind::F32 => {
            floats_are_near(one.unwrap_f32().into(), other.unwrap_f32().into(), approx)
        }
        WasmTypeKind::F64 => floats_are_near(one.unwrap_f64(), other.unwrap_f64(), approx),
        WasmTypeKind::List => {
            let lengths = (one.unwrap_list().count(), other.unwrap_list().count());
            lengths.0 == lengths.1
                && one.unwrap_list().zip(other.unwrap_list()).all(|(one, other)| both(&one, &other))
        }
        WasmTypeKind::Tuple => {
            one.unwrap_tuple().zip(other.unwrap_tuple()).all(|(one, other)| both(&one, &other))
        }
        WasmTypeKind::Record => one
            .unwrap_record()
            .zip(other.unwrap_record())
            .all(|((_, one), (_, other))| both(&one, &other)),
        WasmTypeKind::Variant => {
            let ((case, payload), (other_case, other)) =
                (one.unwrap_variant(), other.unwrap_variant());
            case == other_case && perhaps(payload.as_deref(), other.as_deref())
        }
        WasmTypeKind::Option => {
            perhaps(one.unwrap_option().as_deref(), other.unwrap_option().as_deref())
        }
        WasmTypeKind::Result => match (one.unwrap_result(), other.unwrap_result()) {
            (Ok(one), Ok(other)) | (Err(one), Err(other)) => {
                perhaps(one.as_deref(), other.as_deref())
            }
            _ => false,
        },
        _ => one == other,
    }
}

/// Infinities and what is no number are near only themselves.
#[expect(clippy::float_cmp, reason = "infinities are equal or not")]
fn floats_are_near(one: f64, other: f64, approx: f64) -> bool {
    if !one.is_finite() || !other.is_finite() {
        return one == other || one.is_nan() && other.is_nan();
    }
    (one - other).abs() <= approx * one.abs().max(other.abs()).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(of: &Type, one: &str, other: &str) -> bool {
        let wanted = Wanted::read(one, of).unwrap();
        let returned = |text: &str| Returned { text: text.to_owned(), of: of.clone() };
        let is = wanted.is(&returned(other), Some(1e-6));
        let turned = Wanted::read(other, of).unwrap().is(&returned(one), Some(1e-6));
        assert_eq!(is, turned, "{one} and {other}");
        is
    }

    #[test]
    fn floats_are_near_by_a_part_of_the_larger_or_of_one() {
        for (one, other, are) in [
            ("1", "1.0000005", true),
            ("1", "1.000002", false),
            ("1e20", "1.0000005e20", true),
            ("1e20", "1.000002e20", false),
            ("0", "5e-7", true),
            ("0", "5e-6", false),
            ("0", "-0", true),
            ("-1", "1", false),
            ("nan", "nan", true),
            ("nan", "0", false),
            ("inf", "inf", true),
            ("inf", "-inf", false),
            ("inf", "1.7976931348623157e308", false),
        ] {
            assert_eq!(near(&Type::F64, one, other), are, "{one} and {other}");
        }
        assert!(near(&Type::F32, "0.1", "0.10000001"));
    }

    #[test]
    fn floats_are_found_wherever_they_are_and_all_else_is_exact() {
        let pair = Type::tuple([Type::F64, Type::U32]).unwrap();
        let record =
            Type::record([("x", Type::F64), ("maybe", Type::option(pair.clone()))]).unwrap();
        let shape = Type::variant([("none-at-all", None), ("circle", Some(Type::F32))]).unwrap();
        let outcome = Type::result(Some(Type::list(Type::F64)), Some(Type::STRING));
        for (of, one, other, are) in [
            (&pair, "(1, 2)", "(1.0000001, 2)", true),
            (&pair, "(1, 2)", "(1.0000001, 3)", false),
            (&record, "{x: 1, maybe: some((2, 3))}", "{x: 1.0000001, maybe: some((2, 3))}", true),
            (&record, "{x: 1, maybe: some((2, 3))}", "{x: 1, maybe: some((2.1, 3))}", false),
            (&record, "{x: 1, maybe: some((2, 3))}", "{x: 1}", false),
            (&shape, "circle(1)", "circle(1.0000001)", true),
            (&shape, "circle(1)", "none-at-all", false),
            (&outcome, "ok([1, 2])", "ok([1, 2.0000001])", true),
            (&outcome, "ok([1, 2])", "ok([1])", false),
            (&outcome, "ok([])", "err(\"\")", false),
            (&outcome, "err(\"a\")", "err(\"b\")", false),
        ] {
            assert_eq!(near(of, one, other), are, "{one} and {other}");
        }
    }

    #[test]
    fn a_string_is_its_characters_and_any_other_value_its_text() {
        let returned = |text: &str, of: Type| Returned { text: text.into(), of };
        assert_eq!(characters(&returned("\"a\\n\\\"b\"", Type::STRING)), "a\n\"b");
        let result = Type::result(Some(Type::STRING), None);
        assert_eq!(characters(&returned("ok(\"a\")", result)), "ok(\"a\")");
        assert_eq!(characters(&returned("42", Type::U8)), "42");
    }
}

//! Values that crossed, on one line each and none of them long.

use wasmtime::component::Val;
use wasmtime::component::wasm_wave;

/// How many letters of a text, and how many items of a list or a record, are told.
const LETTERS: usize = 60;
const ITEMS: usize = 8;

/// How many values are told of one that consists of many.
const VALUES: usize = 40;

/// A value in WAVE, cut where it is long. What WAVE has no text for is named.
pub(super) fn shown(value: &Val) -> String {
    let mut text = String::new();
    Shown { out: &mut text, left: VALUES }.value(value);
    text
}

/// The text so far, and how many values may still be told.
struct Shown<'t> {
    out: &'t mut String,
    left: usize,
}

impl Shown<'_> {
    fn value(&mut self, value: &Val) {
        let Some(left) = self.left.checked_sub(1) else { return self.out.push('…') };
        self.left = left;
        match value {
            Val::String(text) => self.text(text),
            Val::List(values) | Val::FixedLengthList(values) => self.list(values),
            Val::Tuple(values) => self.several("(", ")", values, Self::value),
            Val::Map(entries) => self.several("{", "}", entries, |this, (key, value)| {
                this.value(key);
                this.out.push_str(": ");
                this.value(value);
            }),
            Val::Record(fields) => self.several("{", "}", fields, |this, (name, value)| {
                this.out.push_str(name);
                this.out.push_str(": ");
                this.value(value);
            }),
            Val::Flags(names) => {
                self.several("{", "}", names, |this, name| this.out.push_str(name));
            }
            Val::Enum(name) => self.out.push_str(name),
            Val::Variant(name, payload) => self.case(name, payload.as_deref()),
            Val::Option(None) => self.out.push_str("none"),
            Val::Option(payload) => self.case("some", payload.as_deref()),
            Val::Result(Ok(payload)) => self.case("ok", payload.as_deref()),
            Val::Result(Err(payload)) => self.case("err", payload.as_deref()),
            Val::Resource(_) => self.out.push_str("a handle"),
            Val::Future(_) => self.out.push_str("a future"),
            Val::Stream(_) => self.out.push_str("a stream"),
            Val::ErrorContext(_) => self.out.push_str("an error context"),
            number => {
                let text = wasm_wave::to_string(number);
                self.out.push_str(text.as_deref().unwrap_or("a value"));
            }
        }
    }

    fn text(&mut self, text: &str) {
        let end = text.char_indices().nth(LETTERS).map(|(end, _)| end);
        let told = Val::String(text[..end.unwrap_or(text.len())].to_owned());
        self.out.push_str(&wasm_wave::to_string(&told).unwrap_or_default());
        if end.is_some() {
            self.out.extend(["… ", &text.len().to_string(), " bytes"]);
        }
    }

    fn list(&mut self, values: &[Val]) {
        let what = if matches!(values, [Val::U8(_), ..]) { "bytes" } else { "items" };
        self.several("[", "]", values, Self::value);
        if values.len() > ITEMS {
            self.out.extend([" ", &values.len().to_string(), " ", what]);
        }
    }

    fn case(&mut self, name: &str, payload: Option<&Val>) {
        self.out.push_str(name);
        if let Some(payload) = payload {
            self.out.push('(');
            self.value(payload);
            self.out.push(')');
        }
    }

    fn several<T>(&mut self, open: &str, close: &str, all: &[T], one: impl Fn(&mut Self, &T)) {
        self.out.push_str(open);
        for (index, each) in all.iter().take(ITEMS).enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            one(self, each);
        }
        if all.len() > ITEMS {
            self.out.push_str(", …");
        }
        self.out.push_str(close);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_as_wave_has_them() {
        let text = Val::String("say \"hi\"".to_owned());
        let record = Val::Record(vec![("a".to_owned(), Val::U8(1)), ("b".to_owned(), text)]);
        assert_eq!(shown(&record), r#"{a: 1, b: "say \"hi\""}"#);
        let err = Val::Result(Err(Some(Box::new(Val::Char('ß')))));
        assert_eq!(shown(&Val::Option(Some(Box::new(err)))), "some(err('ß'))");
        assert_eq!(shown(&Val::Result(Ok(None))), "ok");
        let variant = Val::Variant("circle".to_owned(), Some(Box::new(Val::Float64(0.5))));
        assert_eq!(shown(&Val::Tuple(vec![variant, Val::Bool(true)])), "(circle(0.5), true)");
        assert_eq!(
            shown(&Val::Flags(vec!["read".to_owned(), "write".to_owned()])),
            "{read, write}"
        );
        assert_eq!(shown(&Val::Enum("red".to_owned())), "red");
    }

    #[test]
    fn what_is_long_is_cut() {
        let bytes = Val::List((0..26).map(Val::U8).collect());
        assert_eq!(shown(&bytes), "[0, 1, 2, 3, 4, 5, 6, 7, …] 26 bytes");
        let text = shown(&Val::String("é".repeat(61)));
        assert_eq!(text, format!("\"{}\"… 122 bytes", "é".repeat(60)));
        // Lists in lists are no way round it.
        let many = |value: Val| Val::List(vec![value; 8]);
        let deep = many(many(many(many(Val::U32(7)))));
        assert!(shown(&deep).len() < 400, "{}", shown(&deep));
    }
}

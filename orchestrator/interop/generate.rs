//! Random values, mostly small ones: a difference at a large value is often there at a small one,
//! and a small one is read with less trouble.

use wasm_wave::value::{Type, Value};
use wasm_wave::wasm::{WasmTypeKind, WasmValue as _};

use super::shape::{Shape, of_bytes, of_case, of_flags, of_items, of_parts, shape};
use super::texts::{CHARACTERS, F64, FLOATS, NOT_UTF8, TEXTS, whole_numbers};
use crate::random::SplitMix64;

/// Makes values that look random and are the same for the same seed.
pub(super) struct Generator(SplitMix64);

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self(SplitMix64(seed))
    }

    /// A value of this type.
    pub(super) fn value(&mut self, of: &Type) -> Value {
        // Two of three are of three elements or fewer, and one of twenty is long.
        let size = match self.0.below(20) {
            0 => 200,
            1..7 => 12,
            _ => 3,
        };
        self.within(of, size)
    }

    /// A value whose lists and texts are no longer than `size`.
    fn within(&mut self, of: &Type, size: usize) -> Value {
        match shape(of) {
            Shape::Scalar(kind) => self.scalar(kind, size),
            Shape::List(Type::U8) => {
                let bytes = self.bytes(size);
                of_bytes(of, &bytes)
            }
            Shape::List(element) => {
                let length = self.0.below(size + 1);
                // What lies deep is small, or a list of lists of lists would have no end.
                of_items(of, (0..length).map(|_| self.within(&element, size / 2)).collect())
            }
            Shape::Parts(types) => {
                of_parts(of, types.iter().map(|part| self.within(part, size)).collect())
            }
            Shape::Cases(cases) => {
                let case = self.0.below(cases.len());
                let payload = cases[case].as_ref().map(|payload| self.within(payload, size));
                of_case(of, case, payload)
            }
            Shape::Flags(count) => {
                let bits = self.0.next();
                of_flags(of, (0..count).filter(|flag| bits >> (flag % 64) & 1 == 1))
            }
        }
    }

    fn scalar(&mut self, kind: WasmTypeKind, size: usize) -> Value {
        match kind {
            WasmTypeKind::Bool => Value::make_bool(self.0.below(2) == 1),
            WasmTypeKind::S8 => Value::make_s8(self.whole()),
            WasmTypeKind::S16 => Value::make_s16(self.whole()),
            WasmTypeKind::S32 => Value::make_s32(self.whole()),
            WasmTypeKind::S64 => Value::make_s64(self.whole()),
            WasmTypeKind::U8 => Value::make_u8(self.whole()),
            WasmTypeKind::U16 => Value::make_u16(self.whole()),
            WasmTypeKind::U32 => Value::make_u32(self.whole()),
            WasmTypeKind::U64 => Value::make_u64(self.whole()),
            #[expect(clippy::cast_possible_truncation, reason = "any float will do")]
            WasmTypeKind::F32 => Value::make_f32(self.float() as f32),
            WasmTypeKind::F64 => Value::make_f64(self.float()),
            WasmTypeKind::Char => Value::make_char(self.character()),
            WasmTypeKind::String => Value::make_string(self.text(size).into()),
            other => unreachable!("no function that is called takes {other}"),
        }
    }

    /// A whole number of any width that the type has, and of each width as often.
    fn whole<T: TryFrom<i128>>(&mut self) -> T {
        loop {
            let number = if self.0.below(4) == 0 {
                *self.0.one_of(&whole_numbers())
            } else {
                let bits = self.0.below(65);
                let mask = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
                let number = i128::from(self.0.next() & mask);
                if self.0.below(2) == 1 { -number } else { number }
            };
            if let Ok(number) = T::try_from(number) {
                return number;
            }
        }
    }

    fn float(&mut self) -> f64 {
        match self.0.below(4) {
            0 => f64::from(*self.0.one_of(FLOATS)),
            1 => *self.0.one_of(F64),
            // Quarters, which both kinds of float have as they are.
            2 => f64::from(self.whole::<i16>()) / 4.0,
            _ => f64::from_bits(self.0.next()),
        }
    }

    fn character(&mut self) -> char {
        match self.0.below(4) {
            0 => *self.0.one_of(CHARACTERS),
            1 | 2 => char::from(b' ' + u8::try_from(self.0.below(95)).unwrap_or_default()),
            _ => {
                // As many of two bytes as of three and of four.
                let end = [0x800, 0x1_0000, 0x11_0000][self.0.below(3)];
                let number = u32::try_from(self.0.below(end)).unwrap_or_default();
                char::from_u32(number).unwrap_or('\u{fffd}')
            }
        }
    }

    fn text(&mut self, size: usize) -> String {
        if self.0.below(3) == 0 {
            let few = self.0.below(3) + 1;
            return (0..few).map(|_| *self.0.one_of(TEXTS)).collect();
        }
        let length = self.0.below(size + 1);
        (0..length).map(|_| self.character()).collect()
    }

    fn bytes(&mut self, size: usize) -> Vec<u8> {
        match self.0.below(4) {
            0 => (0..self.0.below(size + 1)).map(|_| self.0.next().to_le_bytes()[0]).collect(),
            1 => {
                let broken = *self.0.one_of(NOT_UTF8);
                [self.text(size).as_bytes(), broken, self.text(size).as_bytes()].concat()
            }
            _ => self.text(size).into_bytes(),
        }
    }
}

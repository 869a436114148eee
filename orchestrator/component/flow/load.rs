//! Core values from memory and into it: the canonical ABI's `load` and `lower_flat` in one, and
//! `lift_flat` and `store` in one, as code.
//!
//! Nearly every address is known when the code is written, so that it stands in the
//! instruction's own offset.

use wasm_encoder::{BlockType, Instruction, MemArg, ValType};

use super::layout::{self, Scalar, Shape};
use crate::component::world::Type;

/// A place in memory: so many bytes behind what a local holds, or behind the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) base: Option<u32>,
    pub(super) offset: u32,
}

impl Address {
    /// One that is known when the code is written.
    pub(super) fn fixed(offset: u32) -> Self {
        Self { base: None, offset }
    }

    /// So many bytes further on.
    pub(super) fn plus(self, bytes: u32) -> Self {
        Self { offset: self.offset + bytes, ..self }
    }
}

/// A function under construction: its locals beyond the parameters, and its code.
#[derive(Debug, Default)]
pub(super) struct Body {
    parameters: u32,
    pub(super) locals: Vec<ValType>,
    pub(super) code: Vec<Instruction<'static>>,
}

impl Body {
    pub(super) fn new(parameters: usize) -> Self {
        Self {
            parameters: u32::try_from(parameters).expect("at most 16 core parameters"),
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, instruction: Instruction<'static>) {
        self.code.push(instruction);
    }

    /// Pushes a number or a fixed address.
    pub(super) fn constant(&mut self, value: u32) {
        self.push(Instruction::I32Const(value.cast_signed()));
    }

    /// Pushes an address.
    pub(super) fn address(&mut self, address: Address) {
        let Some(base) = address.base else { return self.constant(address.offset) };
        self.push(Instruction::LocalGet(base));
        if address.offset != 0 {
            self.constant(address.offset);
            self.push(Instruction::I32Add);
        }
    }

    /// Pushes what instructions add their own offset to.
    fn base(&mut self, address: Address) {
        match address.base {
            Some(base) => self.push(Instruction::LocalGet(base)),
            None => self.constant(0),
        }
    }

    pub(super) fn local(&mut self, ty: ValType) -> u32 {
        self.locals.push(ty);
        self.parameters
            + u32::try_from(self.locals.len() - 1).expect("as many locals as flat values")
    }

    /// Pushes the core values of the `ty` at `address`.
    pub(super) fn load(&mut self, ty: &Type, address: Address) {
        match layout::shape(ty) {
            Shape::Scalar(scalar) => self.load_scalar(scalar, address),
            Shape::Pair => {
                self.load_scalar(Scalar::I32, address);
                self.load_scalar(Scalar::I32, address.plus(4));
            }
            Shape::Fields(types) => {
                for (ty, offset) in types.iter().zip(layout::field_offsets(&types)) {
                    self.load(ty, address.plus(offset));
                }
            }
            Shape::Cases(cases) => self.load_variant(&cases, address),
        }
    }

    pub(super) fn load_scalar(&mut self, scalar: Scalar, address: Address) {
        let place = place(scalar, address.offset);
        self.base(address);
        self.push(match scalar {
            Scalar::S8 => Instruction::I32Load8S(place),
            Scalar::U8 => Instruction::I32Load8U(place),
            Scalar::S16 => Instruction::I32Load16S(place),
            Scalar::U16 => Instruction::I32Load16U(place),
            Scalar::I32 => Instruction::I32Load(place),
            Scalar::I64 => Instruction::I64Load(place),
            Scalar::F32 => Instruction::F32Load(place),
            Scalar::F64 => Instruction::F64Load(place),
        });
    }

    /// The discriminant and then as many values as the widest payload has; each case fills
    /// those that it has, converted to what all cases share, and leaves the rest zero.
    fn load_variant(&mut self, cases: &[Option<&Type>], address: Address) {
        let discriminant = layout::discriminant(cases.len());
        self.load_scalar(discriminant, address);
        let slots: Vec<(u32, ValType)> =
            layout::flatten_payload(cases).into_iter().map(|ty| (self.local(ty), ty)).collect();
        if slots.is_empty() {
            return;
        }
        let case = self.local(discriminant.core());
        self.push(Instruction::LocalSet(case));
        let payload_address = address.plus(layout::payload_offset(cases));
        self.each_case(case, cases, |body, payload| {
            body.load(payload, payload_address);
            let loaded = layout::flatten(payload);
            for (have, (slot, want)) in
                loaded.into_iter().zip(&slots).collect::<Vec<_>>().into_iter().rev()
            {
                body.convert(have, *want);
                body.push(Instruction::LocalSet(*slot));
            }
        });
        self.push(Instruction::LocalGet(case));
        for (slot, _) in slots {
            self.push(Instruction::LocalGet(slot));
        }
    }

    /// Code for each case with a payload, that runs if the local `case` holds its number.
    pub(super) fn each_case(
        &mut self,
        case: u32,
        cases: &[Option<&Type>],
        mut write: impl FnMut(&mut Self, &Type),
    ) {
        for (number, payload) in (0_u32..).zip(cases) {
            let Some(payload) = payload else { continue };
            self.push(Instruction::LocalGet(case));
            self.constant(number);
            self.push(Instruction::I32Eq);
            self.push(Instruction::If(BlockType::Empty));
            write(self, payload);
            self.push(Instruction::End);
        }
    }

    /// Stores the `ty` whose core values are in the locals from `first` on. `have` are their
    /// types, which inside a variant are those that all cases share. Returns the next local.
    pub(super) fn store(
        &mut self,
        ty: &Type,
        first: u32,
        have: &[ValType],
        address: Address,
    ) -> u32 {
        match layout::shape(ty) {
            Shape::Scalar(scalar) => {
                self.store_local(scalar, first, have[0], address);
                first + 1
            }
            Shape::Pair => {
                self.store_local(Scalar::I32, first, have[0], address);
                self.store_local(Scalar::I32, first + 1, have[1], address.plus(4));
                first + 2
            }
            Shape::Fields(types) => {
                let mut next = first;
                for (ty, offset) in types.iter().zip(layout::field_offsets(&types)) {
                    let have = &have[(next - first) as usize..];
                    next = self.store(ty, next, have, address.plus(offset));
                }
                next
            }
            Shape::Cases(cases) => {
                let discriminant = layout::discriminant(cases.len());
                self.store_local(discriminant, first, have[0], address);
                let payload_address = address.plus(layout::payload_offset(&cases));
                let case = self.unconverted(first, have[0], ValType::I32);
                self.each_case(case, &cases, |body, payload| {
                    body.store(payload, first + 1, &have[1..], payload_address);
                });
                let payload = u32::try_from(layout::flatten_payload(&cases).len());
                first + 1 + payload.expect("as many locals as flat values")
            }
        }
    }

    fn store_local(&mut self, scalar: Scalar, local: u32, have: ValType, address: Address) {
        self.base(address);
        self.push(Instruction::LocalGet(local));
        self.convert_back(have, scalar.core());
        self.store_scalar_at(scalar, address.offset);
    }

    /// A local with the value of `local` as a case's own core type.
    fn unconverted(&mut self, local: u32, have: ValType, want: ValType) -> u32 {
        if have == want {
            return local;
        }
        let own = self.local(want);
        self.push(Instruction::LocalGet(local));
        self.convert_back(have, want);
        self.push(Instruction::LocalSet(own));
        own
    }

    /// Converts the value on top from a case's own core type to the one that all cases share.
    fn convert(&mut self, have: ValType, want: ValType) {
        match (have, want) {
            (ValType::F32, ValType::I32) => self.push(Instruction::I32ReinterpretF32),
            (ValType::F32, ValType::I64) => {
                self.push(Instruction::I32ReinterpretF32);
                self.push(Instruction::I64ExtendI32U);
            }
            (ValType::I32, ValType::I64) => self.push(Instruction::I64ExtendI32U),
            (ValType::F64, ValType::I64) => self.push(Instruction::I64ReinterpretF64),
            // Joining never yields any other pair of different types.
            _ => {}
        }
    }

    /// The way back of [`Self::convert`].
    fn convert_back(&mut self, have: ValType, want: ValType) {
        match (have, want) {
            (ValType::I32, ValType::F32) => self.push(Instruction::F32ReinterpretI32),
            (ValType::I64, ValType::F32) => {
                self.push(Instruction::I32WrapI64);
                self.push(Instruction::F32ReinterpretI32);
            }
            (ValType::I64, ValType::I32) => self.push(Instruction::I32WrapI64),
            (ValType::I64, ValType::F64) => self.push(Instruction::F64ReinterpretI64),
            _ => {}
        }
    }

    /// Stores the value on top, whose address lies below it.
    pub(super) fn store_scalar(&mut self, scalar: Scalar) {
        self.store_scalar_at(scalar, 0);
    }

    fn store_scalar_at(&mut self, scalar: Scalar, offset: u32) {
        let place = place(scalar, offset);
        self.push(match scalar {
            Scalar::S8 | Scalar::U8 => Instruction::I32Store8(place),
            Scalar::S16 | Scalar::U16 => Instruction::I32Store16(place),
            Scalar::I32 => Instruction::I32Store(place),
            Scalar::I64 => Instruction::I64Store(place),
            Scalar::F32 => Instruction::F32Store(place),
            Scalar::F64 => Instruction::F64Store(place),
        });
    }
}

/// The one scalar that a type of a single core value consists of.
pub(super) fn sole_scalar(ty: &Type) -> Scalar {
    match layout::shape(ty) {
        Shape::Scalar(scalar) => scalar,
        Shape::Fields(types) => sole_scalar(types[0]),
        Shape::Cases(cases) => layout::discriminant(cases.len()),
        Shape::Pair => unreachable!("a list is two core values"),
    }
}

fn place(scalar: Scalar, address: u32) -> MemArg {
    MemArg { offset: u64::from(address), align: scalar.size().trailing_zeros(), memory_index: 0 }
}

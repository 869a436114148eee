//! Core values from memory: the canonical ABI's `load` and `lower_flat` in one, as code.
//!
//! Every address is known when the code is written, so that it stands in the instruction's
//! own offset.

use wasm_encoder::{BlockType, Instruction, MemArg, ValType};

use super::layout::{self, Scalar, Shape};
use crate::component::world::Type;

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

    /// Pushes a number or an address.
    pub(super) fn constant(&mut self, value: u32) {
        self.push(Instruction::I32Const(value.cast_signed()));
    }

    fn local(&mut self, ty: ValType) -> u32 {
        self.locals.push(ty);
        self.parameters
            + u32::try_from(self.locals.len() - 1).expect("as many locals as flat values")
    }

    /// Pushes the core values of the `ty` at `address`.
    pub(super) fn load(&mut self, ty: &Type, address: u32) {
        match layout::shape(ty) {
            Shape::Scalar(scalar) => self.load_scalar(scalar, address),
            Shape::Pair => {
                self.load_scalar(Scalar::I32, address);
                self.load_scalar(Scalar::I32, address + 4);
            }
            Shape::Fields(types) => {
                for (ty, offset) in types.iter().zip(layout::field_offsets(&types)) {
                    self.load(ty, address + offset);
                }
            }
            Shape::Cases(cases) => self.load_variant(&cases, address),
        }
    }

    pub(super) fn load_scalar(&mut self, scalar: Scalar, address: u32) {
        let place = place(scalar, address);
        self.constant(0);
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
    fn load_variant(&mut self, cases: &[Option<&Type>], address: u32) {
        let discriminant = layout::discriminant(cases.len());
        self.load_scalar(discriminant, address);
        let slots: Vec<(u32, ValType)> =
            layout::flatten_payload(cases).into_iter().map(|ty| (self.local(ty), ty)).collect();
        if slots.is_empty() {
            return;
        }
        let case = self.local(discriminant.core());
        self.push(Instruction::LocalSet(case));
        let payload_address = address + layout::payload_offset(cases);
        for (number, payload) in (0_u32..).zip(cases) {
            let Some(payload) = payload else { continue };
            self.push(Instruction::LocalGet(case));
            self.constant(number);
            self.push(Instruction::I32Eq);
            self.push(Instruction::If(BlockType::Empty));
            self.load(payload, payload_address);
            let loaded = layout::flatten(payload);
            for (have, (slot, want)) in
                loaded.into_iter().zip(&slots).collect::<Vec<_>>().into_iter().rev()
            {
                self.convert(have, *want);
                self.push(Instruction::LocalSet(*slot));
            }
            self.push(Instruction::End);
        }
        self.push(Instruction::LocalGet(case));
        for (slot, _) in slots {
            self.push(Instruction::LocalGet(slot));
        }
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

    /// Stores the value on top, whose address lies below it.
    pub(super) fn store_scalar(&mut self, scalar: Scalar) {
        let place = place(scalar, 0);
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

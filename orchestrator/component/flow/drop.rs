//! Dropping resources inside a value in memory, wherever in it they are.

use wasm_encoder::{BlockType, Instruction, ValType};

use super::layout::{self, Scalar, Shape};
use super::load::{Address, Body};
use super::resources::{borrows, owns};
use crate::component::world::{Resource, Type};

/// Which resources in a value are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// Those that it owns.
    Owned,
    /// Those that were lent to whoever has it.
    Borrowed,
}

impl Which {
    fn are_in(self, ty: &Type) -> bool {
        match self {
            Self::Owned => owns(ty),
            Self::Borrowed => borrows(ty),
        }
    }
}

/// Writes code that drops the resources in the `ty` at `address`. `number` is the core function
/// that drops a handle of a resource.
pub(super) fn drop_in(
    body: &mut Body,
    which: Which,
    ty: &Type,
    address: Address,
    number: &dyn Fn(&Resource) -> u32,
) {
    if !which.are_in(ty) {
        return;
    }
    if let Type::Own(resource) | Type::Borrow(resource) = ty {
        body.load_scalar(Scalar::I32, address);
        body.push(Instruction::Call(number(resource)));
        return;
    }
    match (layout::shape(ty), ty) {
        (Shape::Fields(types), _) => {
            for (ty, offset) in types.iter().zip(layout::field_offsets(&types)) {
                drop_in(body, which, ty, address.plus(offset), number);
            }
        }
        (Shape::Cases(cases), _) => {
            let discriminant = layout::discriminant(cases.len());
            let case = body.local(discriminant.core());
            body.load_scalar(discriminant, address);
            body.push(Instruction::LocalSet(case));
            let payload = address.plus(layout::payload_offset(&cases));
            let cases: Vec<_> =
                cases.into_iter().map(|ty| ty.filter(|ty| which.are_in(ty))).collect();
            body.each_case(case, &cases, |body, ty| drop_in(body, which, ty, payload, number));
        }
        (Shape::Pair, Type::List(element)) => {
            drop_in_each(body, which, element, address, number);
        }
        _ => unreachable!("no other type holds a resource"),
    }
}

/// The same for each element of the list whose address and length lie at `address`.
fn drop_in_each(
    body: &mut Body,
    which: Which,
    element: &Type,
    address: Address,
    number: &dyn Fn(&Resource) -> u32,
) {
    let (item, left) = (body.local(ValType::I32), body.local(ValType::I32));
    body.load_scalar(Scalar::I32, address);
    body.push(Instruction::LocalSet(item));
    body.load_scalar(Scalar::I32, address.plus(4));
    body.push(Instruction::LocalSet(left));
    body.push(Instruction::Block(BlockType::Empty));
    body.push(Instruction::Loop(BlockType::Empty));
    body.push(Instruction::LocalGet(left));
    body.push(Instruction::I32Eqz);
    body.push(Instruction::BrIf(1));
    drop_in(body, which, element, Address { base: Some(item), offset: 0 }, number);
    for (local, change) in [(item, layout::size(element).cast_signed()), (left, -1)] {
        body.push(Instruction::LocalGet(local));
        body.push(Instruction::I32Const(change));
        body.push(Instruction::I32Add);
        body.push(Instruction::LocalSet(local));
    }
    body.push(Instruction::Br(0));
    body.push(Instruction::End);
    body.push(Instruction::End);
}

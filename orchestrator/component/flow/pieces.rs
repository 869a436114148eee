//! Values in pieces, while a flow runs.
//!
//! A value is one piece as a rule. What several stages return is a tuple whose elements lie
//! apart, in a piece each.

use super::drop::Which;
use super::layout;
use super::load::Address;
use super::plan::{Argument, Lent};
use crate::component::world::Type;

/// A part of a value, and where it is.
#[derive(Debug, Clone)]
pub(super) struct Piece<'f> {
    pub(super) ty: &'f Type,
    pub(super) place: Place,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// Its core values are in the locals from this one on.
    Locals(u32),
    Memory(Address),
}

/// What stages can take.
pub(super) struct Given<'f> {
    /// The flow's parameters in the first step, the pieces of what is handed on in others.
    pub(super) pieces: Vec<Piece<'f>>,
}

impl<'f> Given<'f> {
    /// The pieces of one argument that is not a constant.
    pub(super) fn argument(&self, argument: Argument) -> Vec<Piece<'f>> {
        match (argument, &self.pieces[..]) {
            (Argument::Whole, pieces) => pieces.to_vec(),
            (
                Argument::Element(index),
                [Piece { ty: Type::Tuple(types), place: Place::Memory(place) }],
            ) => {
                let offset = layout::field_offsets(&types.iter().collect::<Vec<_>>())[index];
                vec![Piece { ty: &types[index], place: Place::Memory(place.plus(offset)) }]
            }
            (Argument::Parameter(index) | Argument::Element(index), pieces) => {
                vec![pieces[index].clone()]
            }
            (Argument::Constant(_), _) => Vec::new(),
        }
    }
}

/// What is only lent to a stage, and what of it is dropped in the end.
pub(super) fn lent<'f>(lent: &[Lent], given: &Given<'f>) -> Vec<(Which, Piece<'f>)> {
    let which = |ty: &Type| if matches!(ty, Type::Own(_)) { Which::Owned } else { Which::Borrowed };
    lent.iter()
        .flat_map(|lent| given.argument(lent.argument))
        .map(|piece| (which(piece.ty), piece))
        .collect()
}

/// Where pieces begin within the one value that they are.
pub(super) fn piece_offsets(pieces: &[Piece<'_>]) -> Vec<u32> {
    layout::field_offsets(&pieces.iter().map(|piece| piece.ty).collect::<Vec<_>>())
}

/// The address at which all pieces lie as `offsets` wants them, if they do.
pub(super) fn together(pieces: &[Piece<'_>], offsets: &[u32]) -> Option<Address> {
    let Place::Memory(start) = pieces.first()?.place else { return None };
    let all = pieces.iter().zip(offsets).all(|(piece, offset)| {
        matches!(piece.place, Place::Memory(address) if address == start.plus(*offset))
    });
    all.then_some(start)
}

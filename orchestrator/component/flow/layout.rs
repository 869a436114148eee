//! Where values lie in memory and how they become core values: the canonical ABI's
//! `alignment`, `elem_size` and `flatten_type` for a 32-bit memory.
//!
//! See "CanonicalABI.md" of the component model. As there, types are first reduced to few
//! shapes: a tuple is a record, and options, results and enums are variants.

use wasm_encoder::ValType;

use crate::component::world::Type;

/// More parameters than these core values are passed through memory.
pub(super) const MAX_FLAT_PARAMETERS: usize = 16;
/// A result of more core values than these is returned through memory.
pub(super) const MAX_FLAT_RESULTS: usize = 1;

/// A type reduced to what decides its layout.
pub(super) enum Shape<'t> {
    /// One core value.
    Scalar(Scalar),
    /// An address and a length: a list or a string.
    Pair,
    /// One after the other.
    Fields(Vec<&'t Type>),
    /// A discriminant and the payload of one case.
    Cases(Vec<Option<&'t Type>>),
}

/// How a core value lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    S8,
    U8,
    S16,
    U16,
    I32,
    I64,
    F32,
    F64,
}

impl Scalar {
    pub(super) fn size(self) -> u32 {
        match self {
            Self::S8 | Self::U8 => 1,
            Self::S16 | Self::U16 => 2,
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::F64 => 8,
        }
    }

    pub(super) fn core(self) -> ValType {
        match self {
            Self::S8 | Self::U8 | Self::S16 | Self::U16 | Self::I32 => ValType::I32,
            Self::I64 => ValType::I64,
            Self::F32 => ValType::F32,
            Self::F64 => ValType::F64,
        }
    }
}

/// The shape of `ty`.
///
/// # Panics
///
/// On types that [`super::plan`] refuses.
pub(super) fn shape(ty: &Type) -> Shape<'_> {
    Shape::Scalar(match ty {
        Type::S8 => Scalar::S8,
        Type::Bool | Type::U8 => Scalar::U8,
        Type::S16 => Scalar::S16,
        Type::U16 => Scalar::U16,
        Type::S32 | Type::U32 | Type::Char | Type::Own(_) | Type::Borrow(_) => Scalar::I32,
        Type::S64 | Type::U64 => Scalar::I64,
        Type::F32 => Scalar::F32,
        Type::F64 => Scalar::F64,
        Type::Flags { flags, .. } => match flags.len() {
            0..=8 => Scalar::U8,
            9..=16 => Scalar::U16,
            _ => Scalar::I32,
        },
        Type::String | Type::List(_) => return Shape::Pair,
        Type::Tuple(types) => return Shape::Fields(types.iter().collect()),
        Type::Record { fields, .. } => {
            return Shape::Fields(fields.iter().map(|field| &field.ty).collect());
        }
        Type::Option(some) => return Shape::Cases(vec![None, Some(some)]),
        Type::Result { ok, error } => return Shape::Cases(vec![ok.as_deref(), error.as_deref()]),
        Type::Enum { cases, .. } => return Shape::Cases(vec![None; cases.len()]),
        Type::Variant { cases, .. } => {
            return Shape::Cases(cases.iter().map(|case| case.ty.as_ref()).collect());
        }
        Type::FixedLengthList(..)
        | Type::Map(..)
        | Type::Future(_)
        | Type::Stream(_)
        | Type::ErrorContext => unreachable!("a plan has no such type"),
    })
}

/// The scalar that tells `cases` cases apart.
pub(super) fn discriminant(cases: usize) -> Scalar {
    match cases {
        0..=0x100 => Scalar::U8,
        0x101..=0x1_0000 => Scalar::U16,
        _ => Scalar::I32,
    }
}

/// Bytes between which a value of `ty` begins.
pub(super) fn alignment(ty: &Type) -> u32 {
    match shape(ty) {
        Shape::Scalar(scalar) => scalar.size(),
        Shape::Pair => 4,
        Shape::Fields(types) => types.into_iter().map(alignment).max().unwrap_or(1),
        Shape::Cases(cases) => {
            let payloads = cases.iter().flatten().map(|ty| alignment(ty));
            payloads.chain([discriminant(cases.len()).size()]).max().unwrap_or(1)
        }
    }
}

/// Bytes that a value of `ty` takes.
pub(super) fn size(ty: &Type) -> u32 {
    let unaligned = match shape(ty) {
        Shape::Scalar(scalar) => scalar.size(),
        Shape::Pair => 8,
        Shape::Fields(types) => {
            types.into_iter().fold(0, |end, ty| align(end, alignment(ty)) + size(ty))
        }
        Shape::Cases(cases) => {
            payload_offset(&cases) + cases.iter().flatten().map(|ty| size(ty)).max().unwrap_or(0)
        }
    };
    align(unaligned, alignment(ty))
}

/// Where the fields of a record begin.
pub(super) fn field_offsets(types: &[&Type]) -> Vec<u32> {
    let mut end = 0;
    types
        .iter()
        .map(|ty| {
            let start = align(end, alignment(ty));
            end = start + size(ty);
            start
        })
        .collect()
}

/// Where the payload of a variant begins, whichever case it is.
pub(super) fn payload_offset(cases: &[Option<&Type>]) -> u32 {
    let widest = cases.iter().flatten().map(|ty| alignment(ty)).max().unwrap_or(1);
    align(discriminant(cases.len()).size(), widest)
}

/// Where the payload of a `result` begins.
pub(super) fn result_payload_offset(ty: &Type) -> u32 {
    match shape(ty) {
        Shape::Cases(cases) => payload_offset(&cases),
        _ => 0,
    }
}

/// The next multiple of `alignment` from `offset` on.
pub(super) fn align(offset: u32, alignment: u32) -> u32 {
    offset.next_multiple_of(alignment)
}

/// The core values of a value of `ty`.
pub(super) fn flatten(ty: &Type) -> Vec<ValType> {
    match shape(ty) {
        Shape::Scalar(scalar) => vec![scalar.core()],
        Shape::Pair => vec![ValType::I32, ValType::I32],
        Shape::Fields(types) => types.into_iter().flat_map(flatten).collect(),
        Shape::Cases(cases) => {
            let mut flat = vec![discriminant(cases.len()).core()];
            flat.extend(flatten_payload(&cases));
            flat
        }
    }
}

/// The core values that hold the payload of any of `cases`.
pub(super) fn flatten_payload(cases: &[Option<&Type>]) -> Vec<ValType> {
    let mut slots: Vec<ValType> = Vec::new();
    for payload in cases.iter().flatten() {
        for (index, core) in flatten(payload).into_iter().enumerate() {
            match slots.get_mut(index) {
                Some(slot) => *slot = join(*slot, core),
                None => slots.push(core),
            }
        }
    }
    slots
}

/// The core type that can hold both.
fn join(one: ValType, other: ValType) -> ValType {
    match (one, other) {
        (one, other) if one == other => one,
        (ValType::I32, ValType::F32) | (ValType::F32, ValType::I32) => ValType::I32,
        _ => ValType::I64,
    }
}

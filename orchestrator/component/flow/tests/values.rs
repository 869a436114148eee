//! Types of every shape, and values of any type.

use proptest::prelude::*;
use wasmtime::component::Val;

use crate::component::world::{Case, Field, Type};

/// A small generator of numbers that look random and are the same each time.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("smaller than a usize")
    }
}

/// A value of `ty`.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "any number will do"
)]
pub(super) fn value(ty: &Type, random: &mut Random) -> Val {
    let optional =
        |ty: Option<&Type>, random: &mut Random| ty.map(|ty| Box::new(value(ty, random)));
    match ty {
        Type::Bool => Val::Bool(random.next() & 4 == 0),
        Type::S8 => Val::S8(random.next() as i8),
        Type::U8 => Val::U8(random.next() as u8),
        Type::S16 => Val::S16(random.next() as i16),
        Type::U16 => Val::U16(random.next() as u16),
        Type::S32 => Val::S32(random.next() as i32),
        Type::U32 => Val::U32(random.next() as u32),
        Type::S64 => Val::S64(random.next() as i64),
        Type::U64 => Val::U64(random.next()),
        Type::F32 => Val::Float32(f32::from(random.next() as i16) / 3.0),
        Type::F64 => Val::Float64(f64::from(random.next() as i32) / 7.0),
        Type::Char => Val::Char(['a', 'ß', '☃', '\u{10ffff}', '\0'][random.below(5)]),
        Type::String => Val::String("aß☃𐍈".chars().cycle().take(random.below(9)).collect()),
        Type::List(element) => {
            Val::List((0..random.below(4)).map(|_| value(element, random)).collect())
        }
        Type::Tuple(types) => Val::Tuple(types.iter().map(|ty| value(ty, random)).collect()),
        Type::Option(some) => {
            let some = (random.next() & 4 == 0).then_some(&**some);
            Val::Option(optional(some, random))
        }
        Type::Result { ok, error } => Val::Result(if random.next() & 4 == 0 {
            Ok(optional(ok.as_deref(), random))
        } else {
            Err(optional(error.as_deref(), random))
        }),
        Type::Record { fields, .. } => Val::Record(
            fields.iter().map(|field| (field.name.clone(), value(&field.ty, random))).collect(),
        ),
        Type::Variant { cases, .. } => {
            let case = &cases[random.below(cases.len())];
            Val::Variant(case.name.clone(), optional(case.ty.as_ref(), random))
        }
        Type::Enum { cases, .. } => Val::Enum(cases[random.below(cases.len())].clone()),
        Type::Flags { flags, .. } => {
            Val::Flags(flags.iter().filter(|_| random.next() & 4 == 0).cloned().collect())
        }
        other => panic!("no flow forwards {other}"),
    }
}

const PRIMITIVES: [Type; 13] = [
    Type::Bool,
    Type::S8,
    Type::U8,
    Type::S16,
    Type::U16,
    Type::S32,
    Type::U32,
    Type::S64,
    Type::U64,
    Type::F32,
    Type::F64,
    Type::Char,
    Type::String,
];

fn record(name: &str, types: Vec<Type>) -> Type {
    let field = |(index, ty)| Field { name: format!("f{index}"), ty };
    Type::Record { name: name.into(), fields: types.into_iter().enumerate().map(field).collect() }
}

fn variant(name: &str, types: Vec<Option<Type>>) -> Type {
    let case = |(index, ty)| Case { name: format!("c{index}"), ty };
    Type::Variant { name: name.into(), cases: types.into_iter().enumerate().map(case).collect() }
}

fn words(letter: char, count: usize) -> Vec<String> {
    (0..count).map(|index| format!("{letter}{index}")).collect()
}

fn flags(count: usize) -> Type {
    Type::Flags { name: format!("fl{count}"), flags: words('b', count) }
}

fn enumeration(count: usize) -> Type {
    Type::Enum { name: format!("en{count}"), cases: words('e', count) }
}

/// Every primitive alone and in every container, flags and enums of every width, and variants
/// whose payloads share their core values.
pub(super) fn every_type() -> Vec<Type> {
    let boxed = |ty: &Type| Box::new(ty.clone());
    let mut all = PRIMITIVES.to_vec();
    for ty in &PRIMITIVES {
        all.push(Type::List(boxed(ty)));
        all.push(Type::Option(boxed(ty)));
        all.push(Type::Tuple(vec![Type::U8, ty.clone(), Type::U16]));
        all.push(record("one", vec![ty.clone()]));
        all.push(variant("sole", vec![Some(ty.clone())]));
    }
    // A component cannot have more than 32 flags.
    all.extend((1..=32).map(flags));
    all.extend([1, 2, 256, 257, 1000].map(enumeration));
    // All joins of two core types, both ways round.
    let cores = [Type::U32, Type::S64, Type::F32, Type::F64, Type::S8];
    for one in &cores {
        for other in &cores {
            all.push(variant("joined", vec![Some(one.clone()), None, Some(other.clone())]));
        }
    }
    let inner =
        variant("inner", vec![Some(Type::F32), Some(Type::Tuple(vec![Type::U8, Type::F64]))]);
    let middle = variant("middle", vec![Some(inner.clone()), Some(Type::String), Some(Type::U64)]);
    let outer = Type::Result {
        ok: Some(boxed(&middle)),
        error: Some(Box::new(Type::Option(boxed(&inner)))),
    };
    all.push(record("nested", vec![Type::Bool, outer.clone(), Type::S16]));
    all.push(Type::List(Box::new(record("item", vec![middle, flags(9), enumeration(257)]))));
    all.push(variant("wide", vec![None; 300].into_iter().chain([Some(outer)]).collect()));
    all.push(Type::Result { ok: None, error: None });
    all
}

/// Any type that a flow forwards.
pub(super) fn types() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![
        8 => proptest::sample::select(PRIMITIVES.to_vec()),
        1 => (1_usize..=32).prop_map(flags),
        1 => (1_usize..=300).prop_map(enumeration),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let optional = proptest::option::of(inner.clone());
        prop_oneof![
            inner.clone().prop_map(|ty| Type::List(Box::new(ty))),
            inner.clone().prop_map(|ty| Type::Option(Box::new(ty))),
            proptest::collection::vec(inner.clone(), 1..5).prop_map(Type::Tuple),
            ("[a-c]", proptest::collection::vec(inner.clone(), 1..5))
                .prop_map(|(name, types)| record(&name, types)),
            ("[a-c]", proptest::collection::vec(optional.clone(), 1..5))
                .prop_map(|(name, types)| variant(&name, types)),
            (optional.clone(), optional).prop_map(|(ok, error)| Type::Result {
                ok: ok.map(Box::new),
                error: error.map(Box::new)
            }),
        ]
    })
}

//! Arguments that the manifest says: values in WAVE, laid out as bytes of the flow's memory.

use wasm_wave::untyped::UntypedValue;
use wasm_wave::value::{Type as WaveType, Value};
use wasm_wave::wasm::WasmValue;

use super::layout::{self, Scalar};
use crate::check::wave_problem;
use crate::component::world::{Case, Field, Type};

/// Where constants begin; address 0 stays free, so that no valid address is null.
pub(super) const FIRST: u32 = 16;
/// The widest alignment there is.
pub(super) const ALIGNMENT: u32 = 8;

/// Constants of all flows, one after the other.
#[derive(Debug, Default)]
pub(super) struct Constants {
    /// What lies in memory from [`FIRST`] on.
    pub(super) bytes: Vec<u8>,
}

impl Constants {
    /// Lays out the value of `ty` that `text` is. Returns its address, or what is wrong with it.
    pub(super) fn add(&mut self, ty: &Type, text: &str) -> Result<u32, String> {
        let wave = wave_type(ty).ok_or("a resource cannot be written as a value")?;
        let value = UntypedValue::parse(text)
            .and_then(|value| value.to_wasm_value::<Value>(&wave))
            .map_err(|error| wave_problem(&error))?;
        let address = self.reserve(1, ty);
        self.write(ty, &value, address);
        Ok(address)
    }

    /// The first address behind all constants at which anything may lie.
    pub(super) fn end(&self) -> u32 {
        layout::align(FIRST + length(self.bytes.len()), ALIGNMENT)
    }

    /// Room for `count` values of `ty`.
    fn reserve(&mut self, count: usize, ty: &Type) -> u32 {
        let address = layout::align(FIRST + length(self.bytes.len()), layout::alignment(ty));
        let end = address - FIRST + length(count) * layout::size(ty);
        self.bytes.resize(end as usize, 0);
        address
    }

    fn put(&mut self, address: u32, bytes: &[u8]) {
        let start = (address - FIRST) as usize;
        self.bytes[start..start + bytes.len()].copy_from_slice(bytes);
    }

    fn number(&mut self, scalar: Scalar, value: usize, address: u32) {
        let bytes = (value as u64).to_le_bytes();
        self.put(address, &bytes[..scalar.size() as usize]);
    }

    fn write(&mut self, ty: &Type, value: &Value, address: u32) {
        match ty {
            Type::Bool => self.put(address, &[u8::from(value.unwrap_bool())]),
            Type::S8 => self.put(address, &value.unwrap_s8().to_le_bytes()),
            Type::U8 => self.put(address, &value.unwrap_u8().to_le_bytes()),
            Type::S16 => self.put(address, &value.unwrap_s16().to_le_bytes()),
            Type::U16 => self.put(address, &value.unwrap_u16().to_le_bytes()),
            Type::S32 => self.put(address, &value.unwrap_s32().to_le_bytes()),
            Type::U32 => self.put(address, &value.unwrap_u32().to_le_bytes()),
            Type::S64 => self.put(address, &value.unwrap_s64().to_le_bytes()),
            Type::U64 => self.put(address, &value.unwrap_u64().to_le_bytes()),
            Type::F32 => self.put(address, &value.unwrap_f32().to_le_bytes()),
            Type::F64 => self.put(address, &value.unwrap_f64().to_le_bytes()),
            Type::Char => self.put(address, &u32::from(value.unwrap_char()).to_le_bytes()),
            Type::String => {
                let text = value.unwrap_string();
                let start = self.reserve(text.len(), &Type::U8);
                self.put(start, text.as_bytes());
                self.pair(start, text.len(), address);
            }
            Type::List(element) => {
                let items: Vec<_> = value.unwrap_list().collect();
                let start = self.reserve(items.len(), element);
                for (index, item) in items.iter().enumerate() {
                    self.write(element, item, start + length(index) * layout::size(element));
                }
                self.pair(start, items.len(), address);
            }
            Type::Tuple(types) => {
                let types: Vec<&Type> = types.iter().collect();
                let offsets = layout::field_offsets(&types);
                for ((ty, offset), item) in types.iter().zip(offsets).zip(value.unwrap_tuple()) {
                    self.write(ty, &item, address + offset);
                }
            }
            Type::Record { fields, .. } => {
                let types: Vec<&Type> = fields.iter().map(|field| &field.ty).collect();
                let offsets = layout::field_offsets(&types);
                for ((ty, offset), (_, item)) in
                    types.iter().zip(offsets).zip(value.unwrap_record())
                {
                    self.write(ty, &item, address + offset);
                }
            }
            Type::Flags { flags, .. } => {
                let set = value.unwrap_flags();
                let place = |name: &str| flags.iter().position(|flag| flag == name);
                let bits = set.filter_map(|name| place(&name)).fold(0, |bits, bit| bits | 1 << bit);
                self.put(address, &u32::to_le_bytes(bits)[..layout::size(ty) as usize]);
            }
            _ => self.write_case(ty, value, address),
        }
    }

    fn write_case(&mut self, ty: &Type, value: &Value, address: u32) {
        let layout::Shape::Cases(cases) = layout::shape(ty) else {
            unreachable!("all others are written elsewhere")
        };
        let (case, payload) = match ty {
            Type::Option(_) => {
                let some = value.unwrap_option();
                (usize::from(some.is_some()), some)
            }
            Type::Result { .. } => match value.unwrap_result() {
                Ok(payload) => (0, payload),
                Err(payload) => (1, payload),
            },
            Type::Enum { cases, .. } => {
                let name = value.unwrap_enum();
                (position(cases.iter().map(String::as_str), &name), None)
            }
            Type::Variant { cases, .. } => {
                let (name, payload) = value.unwrap_variant();
                (position(cases.iter().map(|case: &Case| case.name.as_str()), &name), payload)
            }
            _ => unreachable!("no other type has cases"),
        };
        self.number(layout::discriminant(cases.len()), case, address);
        if let (Some(ty), Some(payload)) = (cases[case], payload) {
            self.write(ty, &payload, address + layout::payload_offset(&cases));
        }
    }

    /// An address and a length.
    fn pair(&mut self, start: u32, count: usize, address: u32) {
        self.put(address, &start.to_le_bytes());
        self.put(address + 4, &length(count).to_le_bytes());
    }
}

fn position<'n>(mut names: impl Iterator<Item = &'n str>, name: &str) -> usize {
    names.position(|case| case == name).expect("the value has been read as one of the type")
}

fn length(length: usize) -> u32 {
    u32::try_from(length).expect("a manifest is smaller than a memory")
}

/// The type in WAVE's terms, unless it holds a resource.
fn wave_type(ty: &Type) -> Option<WaveType> {
    let optional = |ty: &Option<Box<Type>>| match ty {
        Some(ty) => wave_type(ty).map(Some),
        None => Some(None),
    };
    Some(match ty {
        Type::Bool => WaveType::BOOL,
        Type::S8 => WaveType::S8,
        Type::U8 => WaveType::U8,
        Type::S16 => WaveType::S16,
        Type::U16 => WaveType::U16,
        Type::S32 => WaveType::S32,
        Type::U32 => WaveType::U32,
        Type::S64 => WaveType::S64,
        Type::U64 => WaveType::U64,
        Type::F32 => WaveType::F32,
        Type::F64 => WaveType::F64,
        Type::Char => WaveType::CHAR,
        Type::String => WaveType::STRING,
        Type::List(element) => WaveType::list(wave_type(element)?),
        Type::Option(some) => WaveType::option(wave_type(some)?),
        Type::Result { ok, error } => WaveType::result(optional(ok)?, optional(error)?),
        Type::Tuple(types) => {
            WaveType::tuple(types.iter().map(wave_type).collect::<Option<Vec<_>>>()?)?
        }
        Type::Record { fields, .. } => {
            let field = |field: &Field| Some((field.name.clone(), wave_type(&field.ty)?));
            WaveType::record(fields.iter().map(field).collect::<Option<Vec<_>>>()?)?
        }
        Type::Variant { cases, .. } => {
            let case = |case: &Case| {
                let payload = match &case.ty {
                    Some(ty) => Some(wave_type(ty)?),
                    None => None,
                };
                Some((case.name.clone(), payload))
            };
            WaveType::variant(cases.iter().map(case).collect::<Option<Vec<_>>>()?)?
        }
        Type::Enum { cases, .. } => WaveType::enum_ty(cases.clone())?,
        Type::Flags { flags, .. } => WaveType::flags(flags.clone())?,
        _ => return None,
    })
}

//! Types and values that hold handles to resources, in words.
//!
//! WAVE has no text for a handle. Here its type is `own<counter>` or `borrow<counter>`, and in a
//! value it stands as the name of its resource, as if it were the one case of an enum: a call that
//! returns a counter, if all goes well, returns `ok(counter)`.

use wasmtime::component::wasm_wave::value::Type as ValueType;
use wasmtime::component::wasm_wave::wasm::WasmType as _;
use wasmtime::component::{ResourceAny, ResourceType, Type, Val, wasm_wave};

/// The resources that a component exports, by name.
#[derive(Default)]
pub(super) struct Resources(Vec<(ResourceType, String)>);

impl Resources {
    pub(super) fn add(&mut self, of: ResourceType, name: &str) {
        self.0.push((of, name.to_owned()));
    }

    /// Its name; one that is not exported has none.
    fn name(&self, of: &ResourceType) -> &str {
        self.0.iter().find(|(known, _)| known == of).map_or("resource", |(_, name)| name)
    }

    /// `of` as a type of WAVE's; none if it holds what no word stands for: a stream, a future.
    pub(super) fn spoken(&self, of: &Type) -> Option<ValueType> {
        let plain = ValueType::from_wasm_type(of);
        if plain.is_some() {
            return plain;
        }
        let perhaps = |of: Option<Type>| match of {
            Some(of) => self.spoken(&of).map(Some),
            None => Some(None),
        };
        Some(match of {
            Type::Own(of) | Type::Borrow(of) => ValueType::enum_ty([self.name(of)])?,
            Type::List(of) => ValueType::list(self.spoken(&of.ty())?),
            Type::Option(of) => ValueType::option(self.spoken(&of.ty())?),
            Type::Result(of) => ValueType::result(perhaps(of.ok())?, perhaps(of.err())?),
            Type::Tuple(of) => ValueType::tuple(
                of.types().map(|of| self.spoken(&of)).collect::<Option<Vec<_>>>()?,
            )?,
            Type::Record(of) => {
                let fields = of.fields().map(|field| Some((field.name, self.spoken(&field.ty)?)));
                ValueType::record(fields.collect::<Option<Vec<_>>>()?)?
            }
            Type::Variant(of) => {
                let cases = of.cases().map(|case| Some((case.name, perhaps(case.ty)?)));
                ValueType::variant(cases.collect::<Option<Vec<_>>>()?)?
            }
            _ => return None,
        })
    }

    /// `value`, which is of the type `of`, in WAVE.
    pub(super) fn value_text(&self, value: &Val, of: &Type) -> String {
        let spoken = self.spoken(of).map(|of| speak(value, &of));
        let text = spoken.and_then(|value| wasm_wave::to_string(&value).ok());
        text.unwrap_or_else(|| self.text(of))
    }

    /// `of` in WIT's words.
    pub(super) fn text(&self, of: &Type) -> String {
        if let Some(plain) = ValueType::from_wasm_type(of) {
            return plain.to_string();
        }
        let perhaps = |of: Option<Type>| of.map_or("_".to_owned(), |of| self.text(&of));
        match of {
            Type::Own(of) => format!("own<{}>", self.name(of)),
            Type::Borrow(of) => format!("borrow<{}>", self.name(of)),
            Type::List(of) => format!("list<{}>", self.text(&of.ty())),
            Type::Option(of) => format!("option<{}>", self.text(&of.ty())),
            Type::Result(of) => match of.err() {
                None => format!("result<{}>", perhaps(of.ok())),
                err => format!("result<{}, {}>", perhaps(of.ok()), perhaps(err)),
            },
            Type::Tuple(of) => {
                let types: Vec<_> = of.types().map(|of| self.text(&of)).collect();
                format!("tuple<{}>", types.join(", "))
            }
            Type::Record(of) => {
                let field = |name: &str, of: &Type| format!("{name}: {}", self.text(of));
                let fields: Vec<_> = of.fields().map(|it| field(it.name, &it.ty)).collect();
                format!("record {{ {} }}", fields.join(", "))
            }
            Type::Variant(of) => {
                let case = |name: &str, of: Option<Type>| match of {
                    Some(of) => format!("{name}({})", self.text(&of)),
                    None => name.to_owned(),
                };
                let cases: Vec<_> = of.cases().map(|it| case(it.name, it.ty)).collect();
                format!("variant {{ {} }}", cases.join(", "))
            }
            Type::Stream(_) => "stream".to_owned(),
            Type::Future(_) => "future".to_owned(),
            _ => "a type without a text".to_owned(),
        }
    }
}

/// `value` with a word for each handle, of a [spoken](Resources::spoken) type.
pub(super) fn speak(value: &Val, of: &ValueType) -> Val {
    let perhaps = |value: &Option<Box<Val>>, of: Option<ValueType>| {
        let of = of.as_ref();
        value.as_ref().map(|value| Box::new(of.map_or(Val::Bool(false), |of| speak(value, of))))
    };
    match value {
        Val::Resource(_) => {
            Val::Enum(of.enum_cases().next().map(std::borrow::Cow::into_owned).unwrap_or_default())
        }
        Val::List(items) => {
            let of = of.list_element_type().expect("a list is of a list's type");
            Val::List(items.iter().map(|item| speak(item, &of)).collect())
        }
        Val::Tuple(items) => {
            let types = of.tuple_element_types();
            Val::Tuple(items.iter().zip(types).map(|(item, of)| speak(item, &of)).collect())
        }
        Val::Record(fields) => {
            let types = of.record_fields();
            let field = |((name, value), (_, of)): (&(String, Val), (_, ValueType))| {
                (name.clone(), speak(value, &of))
            };
            Val::Record(fields.iter().zip(types).map(field).collect())
        }
        Val::Variant(case, payload) => {
            let of = of.variant_cases().find(|(name, _)| name == case).and_then(|(_, of)| of);
            Val::Variant(case.clone(), perhaps(payload, of))
        }
        Val::Option(payload) => Val::Option(perhaps(payload, of.option_some_type())),
        Val::Result(result) => {
            let (ok, err) = of.result_types().expect("a result is of a result's type");
            Val::Result(match result {
                Ok(payload) => Ok(perhaps(payload, ok)),
                Err(payload) => Err(perhaps(payload, err)),
            })
        }
        plain => plain.clone(),
    }
}

/// Every handle in `value`.
pub(super) fn handles(value: &Val) -> Vec<ResourceAny> {
    let several = |values: &mut dyn Iterator<Item = &Val>| values.flat_map(handles).collect();
    match value {
        Val::Resource(handle) => vec![*handle],
        Val::List(items) | Val::FixedLengthList(items) | Val::Tuple(items) => {
            several(&mut items.iter())
        }
        Val::Map(entries) => several(&mut entries.iter().flat_map(|(key, value)| [key, value])),
        Val::Record(fields) => several(&mut fields.iter().map(|(_, value)| value)),
        Val::Variant(_, payload)
        | Val::Option(payload)
        | Val::Result(Ok(payload) | Err(payload)) => several(&mut payload.as_deref().into_iter()),
        _ => Vec::new(),
    }
}

//! What values are made of in the end.

use wasmtime::component::Val;

/// Does something to each part of a value that has no parts itself.
pub(super) fn each_leaf<E>(
    value: &mut Val,
    to: &mut impl FnMut(&mut Val) -> Result<(), E>,
) -> Result<(), E> {
    match value {
        Val::List(values) | Val::FixedLengthList(values) | Val::Tuple(values) => {
            values.iter_mut().try_for_each(|value| each_leaf(value, to))
        }
        Val::Map(entries) => entries.iter_mut().try_for_each(|(key, value)| {
            each_leaf(key, to)?;
            each_leaf(value, to)
        }),
        Val::Record(fields) => fields.iter_mut().try_for_each(|(_, value)| each_leaf(value, to)),
        Val::Variant(_, payload)
        | Val::Option(payload)
        | Val::Result(Ok(payload) | Err(payload)) => {
            payload.iter_mut().try_for_each(|value| each_leaf(value, to))
        }
        leaf => to(leaf),
    }
}

//! Calls that are known to take and return bytes or texts, when poly is compiled.
//!
//! As a dynamic value, a `list<u8>` is a value for each byte, which the runtime writes and reads one by
//! one: a call with a few dozen bytes takes three times as long as one whose types are known, and
//! that is what would be measured. So the shapes in which data goes through pipelines are
//! known here: one parameter that is a text, bytes or a list of bytes, and a result that is one
//! of these or a result of texts. Whatever else a function takes or returns goes the dynamic way.

use std::pin::Pin;
use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::{Func, Lift, Lower, TypedFunc, Val};

use super::context::Context;

/// A call whose types are known.
pub(super) trait Typed {
    /// Makes it; what it returns is dropped.
    fn call<'a>(&'a self, store: &'a mut Store<Context>) -> Calling<'a>;
}

/// A call under way.
type Calling<'a> = Pin<Box<dyn Future<Output = wasmtime::Result<()>> + 'a>>;

struct OneToOne<P: Send + Sync, R> {
    function: TypedFunc<(P,), (R,)>,
    argument: P,
}

impl<P, R> Typed for OneToOne<P, R>
where
    P: Lower + Clone + Send + Sync + 'static,
    R: Lift + Send + Sync + 'static,
{
    fn call<'a>(&'a self, store: &'a mut Store<Context>) -> Calling<'a> {
        Box::pin(async move {
            let called = self.function.call_async(store, (self.argument.clone(),)).await;
            called.map(|(returned,)| drop(returned))
        })
    }
}

/// The same call as with these dynamic values, if its types are known.
pub(super) fn typed(
    function: &Func,
    store: &Store<Context>,
    arguments: &[Val],
) -> Option<Box<dyn Typed>> {
    let [argument] = arguments else { return None };
    match argument {
        Val::String(text) => to_known(function, store, Arc::<str>::from(text.as_str())),
        Val::List(elements) => match bytes(elements) {
            Some(bytes) => to_known(function, store, Arc::<[u8]>::from(bytes)),
            None => to_known(function, store, Arc::<[Vec<u8>]>::from(lists_of_bytes(elements)?)),
        },
        _ => None,
    }
}

fn to_known<P>(function: &Func, store: &Store<Context>, argument: P) -> Option<Box<dyn Typed>>
where
    P: Lower + Clone + Send + Sync + 'static,
{
    to::<P, Vec<u8>>(function, store, &argument)
        .or_else(|| to::<P, String>(function, store, &argument))
        .or_else(|| to::<P, Vec<Vec<u8>>>(function, store, &argument))
        .or_else(|| to::<P, Result<String, String>>(function, store, &argument))
}

/// None if the function does not take and return these.
fn to<P, R>(function: &Func, store: &Store<Context>, argument: &P) -> Option<Box<dyn Typed>>
where
    P: Lower + Clone + Send + Sync + 'static,
    R: Lift + Send + Sync + 'static,
{
    let function = function.typed::<(P,), (R,)>(store).ok()?;
    Some(Box::new(OneToOne { function, argument: argument.clone() }))
}

fn bytes(elements: &[Val]) -> Option<Vec<u8>> {
    let byte = |element: &Val| match element {
        Val::U8(byte) => Some(*byte),
        _ => None,
    };
    elements.iter().map(byte).collect()
}

fn lists_of_bytes(elements: &[Val]) -> Option<Vec<Vec<u8>>> {
    let list = |element: &Val| match element {
        Val::List(elements) => bytes(elements),
        _ => None,
    };
    elements.iter().map(list).collect()
}

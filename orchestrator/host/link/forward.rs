//! A function of one part, as another is offered it.

use std::sync::Arc;
use std::time::Instant;

use wasmtime::component::{Func, LinkerInstance, Resource, ResourceAny, ResourceType, Val};
use wasmtime::{Store, StoreContextMut};

use super::{Place, StandIn};
use crate::check::{CameBack, Crossing};
use crate::component::wiring::Link;
use crate::host::context::Context;
use crate::host::leaves::each_leaf;
use crate::host::link::show::shown;

/// A function, and all that is told of a call to it.
pub(super) struct Forward {
    consumer: String,
    provider: String,
    /// As it is told: with its interface.
    name: String,
    function: Func,
    /// The resource types of its part.
    owned: Vec<ResourceType>,
}

impl Forward {
    pub(super) fn new(
        store: &mut Store<Context>,
        link: &Link,
        place: &Place<'_>,
        name: &str,
    ) -> wasmtime::Result<Self> {
        let index = place.index(store, name);
        let function = index.and_then(|index| place.part.instance.get_func(store, index));
        let Link { consumer, provider, .. } = link;
        let function = function.ok_or_else(|| {
            wasmtime::Error::msg(format!("`{provider}` exports no function `{name}`"))
        })?;
        Ok(Self {
            consumer: consumer.clone(),
            provider: provider.clone(),
            name: place
                .interface
                .map_or(name.to_owned(), |interface| format!("{interface}.{name}")),
            function,
            owned: place.part.owned.clone(),
        })
    }

    /// Offers it under this name.
    pub(super) fn offer(
        self,
        to: &mut LinkerInstance<'_, Context>,
        name: &str,
    ) -> wasmtime::Result<()> {
        let forward = Arc::new(self);
        to.func_new_async(name, move |store, _, arguments, results| {
            let forward = Arc::clone(&forward);
            Box::new(async move { forward.call(store, arguments, results).await })
        })
    }

    async fn call(
        &self,
        mut store: StoreContextMut<'_, Context>,
        arguments: &[Val],
        results: &mut [Val],
    ) -> wasmtime::Result<()> {
        let number = store.data_mut().crossings.enter(|depth| Crossing {
            depth,
            consumer: self.consumer.clone(),
            provider: self.provider.clone(),
            function: self.name.clone(),
            arguments: arguments.iter().map(shown).collect(),
            returned: None,
        });
        let mut arguments = arguments.to_vec();
        let mut borrowed = Vec::new();
        for argument in &mut arguments {
            each_resource(argument, &mut |one| {
                *one = self.to_provider(&mut store, *one)?;
                borrowed.extend((!one.owned()).then_some(*one));
                Ok(())
            })?;
        }
        let (begun, fuel) = (Instant::now(), store.get_fuel().ok());
        self.function.call_async(&mut store, &arguments, results).await?;
        let elapsed = begun.elapsed();
        let after = store.get_fuel().ok();
        let fuel = fuel.zip(after).map(|(before, after)| before.saturating_sub(after));
        for one in borrowed {
            one.resource_drop_async(&mut store).await?;
        }
        store.data_mut().crossings.leave(number, || CameBack {
            value: results.first().map(shown),
            elapsed,
            fuel,
        });
        for result in results {
            each_resource(result, &mut |one| {
                *one = self.to_consumer(&mut store, *one)?;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// What the provider is given for a resource in the consumer's hands.
    fn to_provider(
        &self,
        store: &mut StoreContextMut<'_, Context>,
        given: ResourceAny,
    ) -> wasmtime::Result<ResourceAny> {
        if given.ty() != ResourceType::host::<StandIn>() {
            return Ok(given);
        }
        let stand_in: Resource<StandIn> = given.try_into_resource(&mut *store)?;
        let table = &mut store.data_mut().table;
        let real = table.get(&stand_in)?.0;
        if !self.owned.contains(&real.ty()) {
            return stand_in.try_into_resource_any(store);
        }
        if stand_in.owned() {
            table.delete(stand_in)?;
        }
        Ok(real)
    }

    /// What the consumer is given for a resource that the provider returned.
    fn to_consumer(
        &self,
        store: &mut StoreContextMut<'_, Context>,
        returned: ResourceAny,
    ) -> wasmtime::Result<ResourceAny> {
        if !self.owned.contains(&returned.ty()) {
            return Ok(returned);
        }
        let stand_in = store.data_mut().table.push(StandIn(returned))?;
        stand_in.try_into_resource_any(store)
    }
}

/// Does something to each resource in a value.
fn each_resource(
    value: &mut Val,
    to: &mut impl FnMut(&mut ResourceAny) -> wasmtime::Result<()>,
) -> wasmtime::Result<()> {
    each_leaf(value, &mut |leaf| if let Val::Resource(one) = leaf { to(one) } else { Ok(()) })
}

//! How names are looked up, and which of them by a component itself.
//!
//! A look-up occupies a thread until the system has answered, and cannot be broken off: a component
//! that asks and turns away could else have thousands of them. So an instance has a few at
//! once, and whoever comes then waits; whoever turns away meanwhile was never there.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::sync::Arc;
use std::vec;

use tokio::sync::Semaphore;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddress, Network};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, poll_noop, spawn};

use super::context::Context;
use crate::component::world::WASI_VERSION;
use crate::manifest::Host;

/// How many names of an instance are looked up at once.
const AT_ONCE: usize = 8;

/// The function that looks names up for a component, as refusals name it.
const RESOLVE: &str = "wasi:sockets/ip-name-lookup.resolve-addresses";

/// Looks a name up: all the addresses that it has now.
pub(super) type Resolve = Arc<dyn Fn(String) -> Addresses + Send + Sync>;

/// What comes of that.
pub(super) type Addresses = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Looks names up as the system does it, for one instance.
pub(super) fn by_system() -> Resolve {
    few_at_once(|name| Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect()))
}

fn few_at_once(
    look_up: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Clone + Send + Sync + 'static,
) -> Resolve {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    Arc::new(move |name| {
        let (places, look_up) = (Arc::clone(&places), look_up.clone());
        Box::pin(async move {
            let place = places.acquire_owned().await.map_err(io::Error::other)?;
            let looking = tokio::task::spawn_blocking(move || {
                let found = look_up(&name);
                drop(place);
                found
            });
            looking.await.map_err(io::Error::other)?
        })
    })
}

/// The names that a component may look up. What they lead to is for the other grants to say.
pub(super) struct Names {
    granted: BTreeSet<String>,
    resolve: Resolve,
}

impl Names {
    /// Exactly these, whatever the case of their letters; what is no name is left out.
    pub(super) fn of<'a>(names: impl IntoIterator<Item = &'a str>, resolve: Resolve) -> Self {
        let names = names.into_iter().filter_map(|name| match Host::read(name) {
            Some(Host::Name(name)) => Some(name),
            _ => None,
        });
        Self { granted: names.collect(), resolve }
    }

    /// Begins to look up what a component names, if it may.
    fn look_up(&self, name: &str) -> Option<Lookup> {
        match Host::read(name)? {
            // As it is granted, however the component writes it.
            Host::Name(name) => {
                self.granted.contains(&name).then(|| Lookup::Going(spawn((self.resolve)(name))))
            }
            // An address is its own answer.
            Host::Address(address) => Some(Lookup::Done(Ok(vec![address].into_iter()))),
        }
    }
}

/// What a component is told of a name: one address after the other.
enum Lookup {
    Going(AbortOnDropJoinHandle<io::Result<Vec<IpAddr>>>),
    Done(Result<vec::IntoIter<IpAddr>, ErrorCode>),
}

impl Lookup {
    fn settle(&mut self, found: io::Result<Vec<IpAddr>>) {
        *self = Self::Done(found.map(Vec::into_iter).map_err(|_| ErrorCode::NameUnresolvable));
    }

    fn next(&mut self) -> Result<Option<IpAddress>, ErrorCode> {
        if let Self::Going(going) = self
            && let Some(found) = poll_noop(Pin::new(going))
        {
            self.settle(found);
        }
        match self {
            Self::Going(_) => Err(ErrorCode::WouldBlock),
            Self::Done(Ok(addresses)) => {
                Ok(addresses.next().map(|address| address.to_canonical().into()))
            }
            Self::Done(Err(error)) => Err(*error),
        }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Lookup {
    async fn ready(&mut self) {
        if let Self::Going(going) = self {
            let found = going.await;
            self.settle(found);
        }
    }
}

/// Links `wasi:sockets/ip-name-lookup`.
pub(super) fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    type Store<'a> = StoreContextMut<'a, Context>;
    let mut interface = linker.instance(&format!("wasi:sockets/ip-name-lookup@{WASI_VERSION}"))?;
    interface.resource(
        "resolve-address-stream",
        ResourceType::host::<Lookup>(),
        |mut store, handle| {
            store.data_mut().table.delete(Resource::<Lookup>::new_own(handle))?;
            Ok(())
        },
    )?;
    interface.func_wrap(
        "resolve-addresses",
        |mut store: Store<'_>, (network, name): (Resource<Network>, String)| {
            Ok((resolve_addresses(store.data_mut(), &network, &name)?,))
        },
    )?;
    interface.func_wrap(
        "[method]resolve-address-stream.resolve-next-address",
        |mut store: Store<'_>, (lookup,): (Resource<Lookup>,)| {
            Ok((store.data_mut().table.get_mut(&lookup)?.next(),))
        },
    )?;
    interface.func_wrap(
        "[method]resolve-address-stream.subscribe",
        |mut store: Store<'_>,
         (lookup,): (Resource<Lookup>,)|
         -> wasmtime::Result<(Resource<DynPollable>,)> {
            Ok((subscribe(&mut store.data_mut().table, lookup)?,))
        },
    )
}

fn resolve_addresses(
    context: &mut Context,
    network: &Resource<Network>,
    name: &str,
) -> wasmtime::Result<Result<Resource<Lookup>, ErrorCode>> {
    // Whoever has one may ask.
    context.table.get(network)?;
    let Some(lookup) = context.granted.names.look_up(name) else {
        context.granted.refusals.note(RESOLVE, Some(name), || match Host::read(name) {
            Some(_) => format!("names = [{name:?}]"),
            None => String::new(),
        });
        return Ok(Err(ErrorCode::AccessDenied));
    };
    Ok(Ok(context.table.push(lookup)?))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use wasmtime_wasi::runtime::in_tokio;

    use super::*;

    #[test]
    fn names_are_names_in_any_case() {
        let resolve: Resolve = Arc::new(|name| Box::pin(async { Err(io::Error::other(name)) }));
        let names = Names::of(["db.Example.com"], resolve);
        let looked_up = |name: &str| match names.look_up(name)? {
            Lookup::Going(going) => Some(in_tokio(going).unwrap_err().to_string()),
            Lookup::Done(found) => Some(found.unwrap().next().unwrap().to_string()),
        };
        assert_eq!(looked_up("DB.example.com.").as_deref(), Some("db.example.com"));
        assert_eq!(looked_up("10.0.0.1").as_deref(), Some("10.0.0.1"));
        for other in ["example.com", "x.db.example.com", "", "167772161", "db.example%2ecom"] {
            assert_eq!(looked_up(other), None, "{other}");
        }
    }

    #[test]
    fn who_asks_and_turns_away_keeps_few_threads_busy() {
        let begun = Arc::new(AtomicUsize::new(0));
        let (answer, answers) = mpsc::channel::<()>();
        let answers = Arc::new(Mutex::new(answers));
        let count = Arc::clone(&begun);
        let resolve = few_at_once(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            // Until nobody can answer any more.
            let _ = answers.lock().unwrap_or_else(PoisonError::into_inner).recv();
            Ok(Vec::new())
        });
        in_tokio(async {
            for _ in 0..1000 {
                let asked = tokio::time::timeout(Duration::ZERO, resolve("h".to_owned())).await;
                assert!(asked.is_err());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert_eq!(begun.load(Ordering::SeqCst), AT_ONCE);
            drop(answer);
            assert_eq!(resolve("h".to_owned()).await.unwrap(), Vec::<IpAddr>::new());
        });
        assert_eq!(begun.load(Ordering::SeqCst), AT_ONCE + 1);
    }
}

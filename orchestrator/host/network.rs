//! Which sockets a component may use, and which names it may look up.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{
    self, HostResolveAddressStream, ResolveAddressStream,
};
use wasmtime_wasi::p2::bindings::sockets::network::{
    self, ErrorCode, HostNetwork, IpAddress, Network,
};
use wasmtime_wasi::p2::{DynPollable, SocketError};
use wasmtime_wasi::sockets::{SocketAddrUse, WasiSocketsCtxView};

use super::context::Context;
use super::refusals::Refusals;
use crate::manifest::{Host, SocketGrant};

/// The addresses that may be connected to by TCP, and exchanged datagrams with by UDP.
///
/// Compared are address and port, and for a link-local address the network card; the label
/// of a flow, which the component chooses freely, is not. A socket can always be had, and does
/// nothing by itself: so what a component wanted with it can be told.
#[derive(Debug, Clone, Default)]
pub(super) struct AllowList {
    tcp: BTreeSet<Place>,
    udp: BTreeSet<Place>,
}

type Place = (IpAddr, u16, u32);

impl AllowList {
    /// Exactly these.
    pub(super) fn of(grants: &[SocketGrant]) -> Self {
        let places = |of: fn(&SocketGrant) -> bool| {
            grants.iter().filter(|it| of(it)).map(|grant| place(grant.address)).collect()
        };
        Self { tcp: places(|grant| grant.tcp), udp: places(|grant| grant.udp) }
    }

    /// Gives a component these and no others.
    pub(super) fn grant(self, wasi: &mut WasiCtxBuilder, refusals: Refusals) {
        wasi.allow_tcp(true).allow_udp(true);
        wasi.socket_addr_check(move |address, purpose| {
            let allowed = self.allows(address, purpose);
            if !allowed {
                note(&refusals, address, purpose);
            }
            Box::pin(async move { allowed })
        });
    }

    fn allows(&self, address: SocketAddr, purpose: SocketAddrUse) -> bool {
        match purpose {
            SocketAddrUse::TcpConnect => self.tcp.contains(&place(address)),
            SocketAddrUse::UdpSend | SocketAddrUse::UdpReceive => {
                self.udp.contains(&place(address))
            }
            // The system picks a port for every socket that connects or sends. A chosen port
            // is for those who want to be found, and nobody may.
            SocketAddrUse::TcpBind => may_bind(&self.tcp, address),
            SocketAddrUse::UdpBind => may_bind(&self.udp, address),
            SocketAddrUse::TcpListen | SocketAddrUse::TcpAccept => false,
        }
    }
}

/// Whoever is granted no address may still have a port of the system's choice at no address in
/// particular: that is what the runtime asks before it connects, and only then is it known
/// whereto, which a refusal must tell.
fn may_bind(granted: &BTreeSet<Place>, address: SocketAddr) -> bool {
    address.port() == 0 && (!granted.is_empty() || address.ip().is_unspecified())
}

fn place(address: SocketAddr) -> Place {
    let scope = match address {
        SocketAddr::V4(_) => 0,
        SocketAddr::V6(address) => address.scope_id(),
    };
    (address.ip(), address.port(), scope)
}

fn note(refusals: &Refusals, address: SocketAddr, purpose: SocketAddrUse) {
    let (function, scheme) = match purpose {
        SocketAddrUse::TcpConnect => ("wasi:sockets/tcp.start-connect", "tcp"),
        SocketAddrUse::UdpSend => ("wasi:sockets/udp.send", "udp"),
        SocketAddrUse::TcpBind => ("wasi:sockets/tcp.start-bind", ""),
        SocketAddrUse::TcpListen => ("wasi:sockets/tcp.start-listen", ""),
        SocketAddrUse::UdpBind => ("wasi:sockets/udp.start-bind", ""),
        // Somebody else tried that.
        SocketAddrUse::UdpReceive | SocketAddrUse::TcpAccept => return,
    };
    refusals.note(function, Some(&address.to_string()), || match scheme {
        "" => String::new(),
        scheme => format!("network = [\"{scheme}://{address}\"]"),
    });
}

/// The names that may be looked up. What they lead to is for the other grants to say.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Exactly these, whatever the case of their letters; what is no name is left out.
    pub(super) fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names = names.into_iter().filter_map(|name| match Host::read(name) {
            Some(Host::Name(name)) => Some(name),
            _ => None,
        });
        Self(names.collect())
    }

    /// Lets a component look names up, of which [`link_lookup`] lets these through.
    pub(super) fn grant(&self, wasi: &mut WasiCtxBuilder) {
        wasi.allow_ip_name_lookup(!self.0.is_empty());
    }

    fn allows(&self, name: &str) -> bool {
        match Host::read(name) {
            Some(Host::Name(name)) => self.0.contains(&name),
            // An address is its own answer.
            Some(Host::Address(_)) => true,
            None => false,
        }
    }
}

/// Puts a lookup of granted names alone in the place of one of all.
pub(super) fn link_lookup(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    ip_name_lookup::add_to_linker::<Context, Lookups>(linker, |context| Lookup {
        inner: WasiSocketsCtxView {
            ctx: context.granted.wasi.sockets(),
            table: &mut context.table,
        },
        names: &context.granted.names,
        refusals: &context.granted.refusals,
    })
}

struct Lookups;

impl HasData for Lookups {
    type Data<'a> = Lookup<'a>;
}

struct Lookup<'a> {
    inner: WasiSocketsCtxView<'a>,
    names: &'a Names,
    refusals: &'a Refusals,
}

impl ip_name_lookup::Host for Lookup<'_> {
    fn resolve_addresses(
        &mut self,
        network: Resource<Network>,
        name: String,
    ) -> Result<Resource<ResolveAddressStream>, SocketError> {
        if !self.names.allows(&name) {
            let function = "wasi:sockets/ip-name-lookup.resolve-addresses";
            self.refusals.note(function, Some(&name), || match Host::read(&name) {
                Some(_) => format!("names = [{name:?}]"),
                None => String::new(),
            });
            return Err(ErrorCode::AccessDenied.into());
        }
        self.inner.resolve_addresses(network, name)
    }
}

impl network::Host for Lookup<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        self.inner.convert_error_code(error)
    }

    fn network_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        self.inner.network_error_code(error)
    }
}

impl HostNetwork for Lookup<'_> {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        HostNetwork::drop(&mut self.inner, network)
    }
}

impl HostResolveAddressStream for Lookup<'_> {
    fn resolve_next_address(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> Result<Option<IpAddress>, SocketError> {
        self.inner.resolve_next_address(stream)
    }

    fn subscribe(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        self.inner.subscribe(stream)
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<()> {
        HostResolveAddressStream::drop(&mut self.inner, stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn list(grants: &[&str]) -> AllowList {
        let grants: Vec<SocketGrant> = grants.iter().map(|text| text.parse().unwrap()).collect();
        AllowList::of(&grants)
    }

    #[test]
    fn nothing_is_allowed_unless_it_is_listed() {
        let list = list(&["127.0.0.1:8080", "udp://[::1]:53", "tcp://10.0.0.1:5432"]);
        assert!(list.allows(address("127.0.0.1:8080"), SocketAddrUse::TcpConnect));
        assert!(list.allows(address("127.0.0.1:8080"), SocketAddrUse::UdpSend));
        assert!(list.allows(address("[::1]:53"), SocketAddrUse::UdpSend));
        assert!(list.allows(address("[::1]:53"), SocketAddrUse::UdpReceive));
        assert!(!list.allows(address("[::1]:53"), SocketAddrUse::TcpConnect));
        assert!(list.allows(address("10.0.0.1:5432"), SocketAddrUse::TcpConnect));
        assert!(!list.allows(address("10.0.0.1:5432"), SocketAddrUse::UdpSend));
        assert!(!list.allows(address("127.0.0.1:8081"), SocketAddrUse::TcpConnect));
        assert!(!list.allows(address("127.0.0.2:8080"), SocketAddrUse::TcpConnect));
        assert!(!list.allows(address("127.0.0.1:8080"), SocketAddrUse::TcpListen));
        assert!(!list.allows(address("127.0.0.1:8080"), SocketAddrUse::TcpAccept));
        assert!(!list.allows(address("0.0.0.0:8080"), SocketAddrUse::TcpBind));
        assert!(list.allows(address("0.0.0.0:0"), SocketAddrUse::TcpBind));
        assert!(list.allows(address("127.0.0.1:0"), SocketAddrUse::TcpBind));
        for purpose in [SocketAddrUse::TcpBind, SocketAddrUse::UdpBind] {
            assert!(!AllowList::default().allows(address("127.0.0.1:0"), purpose));
            assert!(AllowList::default().allows(address("[::]:0"), purpose));
        }
        assert!(!AllowList::default().allows(address("127.0.0.1:8080"), SocketAddrUse::UdpSend));
    }

    #[test]
    fn names_are_names_in_any_case() {
        let names = Names::of(["db.Example.com"]);
        assert!(names.allows("DB.example.com.") && names.allows("10.0.0.1"));
        for other in ["example.com", "x.db.example.com", "", "167772161"] {
            assert!(!names.allows(other), "{other}");
        }
    }
}

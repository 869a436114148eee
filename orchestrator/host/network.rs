//! Which sockets a component may use.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p2::TcpSocket;
use wasmtime_wasi::p2::bindings::sockets::network::{
    ErrorCode, Host as _, IpSocketAddress, Network,
};
use wasmtime_wasi::p2::bindings::sockets::tcp::HostTcpSocket;
use wasmtime_wasi::sockets::{SocketAddrUse, WasiSocketsCtxView};

use super::context::Context;
use super::refusals::Refusals;
use crate::component::world::WASI_VERSION;
use crate::manifest::SocketGrant;

/// The addresses that may be connected to by TCP, and exchanged datagrams with by UDP.
///
/// Compared are address and port, and for a link-local address the network card; the label
/// of a flow, which the component chooses freely, is not. A socket can always be had, and is
/// nothing by itself: so what a component wanted with it can be told. The runtime asks before
/// each of its uses, before the system is asked for anything; and of each datagram that comes,
/// which the component does not see if the answer is no.
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
    pub(super) fn grant(&self, wasi: &mut WasiCtxBuilder, refusals: Refusals) {
        let list = self.clone();
        wasi.allow_tcp(true).allow_udp(true);
        wasi.socket_addr_check(move |address, purpose| {
            let allowed = list.admit(address, purpose, &refusals);
            Box::pin(async move { allowed })
        });
    }

    /// Whether that is allowed; it is noted if not.
    fn admit(&self, address: SocketAddr, purpose: SocketAddrUse, refusals: &Refusals) -> bool {
        let allowed = self.allows(address, purpose);
        if !allowed {
            note(refusals, address, purpose);
        }
        allowed
    }

    fn allows(&self, address: SocketAddr, purpose: SocketAddrUse) -> bool {
        match purpose {
            SocketAddrUse::TcpConnect => self.tcp.contains(&place(address)),
            SocketAddrUse::UdpSend | SocketAddrUse::UdpReceive => {
                self.udp.contains(&place(address))
            }
            SocketAddrUse::TcpBind => may_bind(&self.tcp, address),
            SocketAddrUse::UdpBind => may_bind(&self.udp, address),
            SocketAddrUse::TcpListen | SocketAddrUse::TcpAccept => false,
        }
    }
}

/// Whether a socket may have this address of the machine: only where it leads to one that is
/// granted. The system picks the port: a chosen one is for those who want to be found, and
/// nobody may.
fn may_bind(granted: &BTreeSet<Place>, address: SocketAddr) -> bool {
    let local = address.ip();
    let leads_to = |to: &IpAddr| {
        local.is_ipv4() == to.is_ipv4()
            && (local.is_unspecified() || (local.is_loopback() && to.is_loopback()))
    };
    address.port() == 0 && granted.iter().any(|(to, ..)| leads_to(to))
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
        SocketAddrUse::TcpBind => ("wasi:sockets/tcp.start-bind", "tcp"),
        SocketAddrUse::UdpBind => ("wasi:sockets/udp.start-bind", "udp"),
        SocketAddrUse::TcpListen => ("wasi:sockets/tcp.start-listen", ""),
        // Somebody else tried that.
        SocketAddrUse::UdpReceive | SocketAddrUse::TcpAccept => return,
    };
    refusals.note(function, Some(&address.to_string()), || match purpose {
        SocketAddrUse::TcpConnect | SocketAddrUse::UdpSend => {
            format!("network = [\"{scheme}://{address}\"]")
        }
        // Whereto is not known yet.
        SocketAddrUse::TcpBind | SocketAddrUse::UdpBind
            if may_bind(&BTreeSet::from([place(address)]), address) =>
        {
            format!("network = [\"{scheme}://...\"]")
        }
        _ => String::new(),
    });
}

/// Puts a connect that asks at once in front of the runtime's.
pub(super) fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    let interface = format!("wasi:sockets/tcp@{WASI_VERSION}");
    linker.instance(&interface)?.func_wrap(
        "[method]tcp-socket.start-connect",
        |mut store: StoreContextMut<'_, Context>, (socket, network, address)| {
            Ok((start_connect(store.data_mut(), socket, network, address)?,))
        },
    )
}

/// Asks at once whether the address is granted. The runtime would first ask for a port of this
/// machine, and a refusal of that does not say whereto it was.
fn start_connect(
    context: &mut Context,
    socket: Resource<TcpSocket>,
    network: Resource<Network>,
    address: IpSocketAddress,
) -> wasmtime::Result<Result<(), ErrorCode>> {
    let granted = &mut context.granted;
    let mut sockets = WasiSocketsCtxView { ctx: granted.wasi.sockets(), table: &mut context.table };
    // Says whether it is an address at all. Nothing is sent until the component waits for it.
    let begun = HostTcpSocket::start_connect(&mut sockets, socket, network, address);
    if let Err(error) = begun {
        return sockets.convert_error_code(error).map(Err);
    }
    let address = SocketAddr::from(address);
    let admitted = granted.sockets.admit(address, SocketAddrUse::TcpConnect, &granted.refusals);
    Ok(admitted.then_some(()).ok_or(ErrorCode::AccessDenied))
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
        assert!(!AllowList::default().allows(address("127.0.0.1:8080"), SocketAddrUse::UdpSend));
    }

    #[test]
    fn a_socket_has_a_place_only_where_it_leads_to_one_that_is_granted() {
        for (granted, local, expected) in [
            ("tcp://10.0.0.1:80", "0.0.0.0:0", [true, false]),
            ("udp://10.0.0.1:80", "0.0.0.0:0", [false, true]),
            ("10.0.0.1:80", "0.0.0.0:0", [true, true]),
            ("10.0.0.1:80", "0.0.0.0:5000", [false, false]),
            ("10.0.0.1:80", "[::]:0", [false, false]),
            ("10.0.0.1:80", "127.0.0.1:0", [false, false]),
            ("10.0.0.1:80", "10.0.0.2:0", [false, false]),
            ("127.0.0.1:80", "127.0.0.1:0", [true, true]),
            ("127.0.0.1:80", "224.0.0.251:0", [false, false]),
            ("[::1]:80", "[::1]:0", [true, true]),
            ("[::1]:80", "[::]:0", [true, true]),
            ("[::1]:80", "0.0.0.0:0", [false, false]),
        ] {
            let list = list(&[granted]);
            let uses = [SocketAddrUse::TcpBind, SocketAddrUse::UdpBind];
            let allowed = uses.map(|purpose| list.allows(address(local), purpose));
            assert_eq!(allowed, expected, "{granted} {local}");
            let nothing = AllowList::default();
            assert!(!uses.iter().any(|purpose| nothing.allows(address(local), *purpose)));
        }
    }

    #[test]
    fn a_refusal_says_what_would_allow_it_if_anything_would() {
        let refusals = Refusals::default();
        for (local, purpose, grant) in [
            ("10.0.0.1:80", SocketAddrUse::TcpConnect, "network = [\"tcp://10.0.0.1:80\"]"),
            ("[::1]:53", SocketAddrUse::UdpSend, "network = [\"udp://[::1]:53\"]"),
            ("0.0.0.0:0", SocketAddrUse::TcpBind, "network = [\"tcp://...\"]"),
            ("[::1]:0", SocketAddrUse::UdpBind, "network = [\"udp://...\"]"),
            ("0.0.0.0:53", SocketAddrUse::UdpBind, ""),
            ("10.0.0.1:0", SocketAddrUse::TcpBind, ""),
            ("0.0.0.0:80", SocketAddrUse::TcpListen, ""),
        ] {
            assert!(!AllowList::default().admit(address(local), purpose, &refusals));
            assert_eq!(refusals.take()[0].grant, grant, "{local} {purpose:?}");
        }
        let stranger = (address("10.0.0.1:80"), SocketAddrUse::UdpReceive);
        assert!(!AllowList::default().admit(stranger.0, stranger.1, &refusals));
        assert_eq!(refusals.take(), []);
    }
}

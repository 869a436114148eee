//! Which sockets a component may use, and that it sends no HTTP request.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use http::{Request, Response};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::sockets::SocketAddrUse;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// The addresses that may be connected to by TCP and exchanged datagrams with by UDP.
///
/// Compared are address and port, and for a link-local address the network card; the label
/// of a flow, which the component chooses freely, is not.
#[derive(Debug, Clone, Default)]
pub(super) struct AllowList(BTreeSet<(IpAddr, u16, u32)>);

impl AllowList {
    /// Exactly these.
    pub(super) fn of(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self(addresses.into_iter().map(place).collect())
    }

    /// Gives a component these and no others. Names are not looked up for it.
    pub(super) fn grant(self, wasi: &mut WasiCtxBuilder) {
        let any = !self.0.is_empty();
        wasi.allow_tcp(any).allow_udp(any).allow_ip_name_lookup(false);
        wasi.socket_addr_check(move |address, purpose| {
            let allowed = self.allows(address, purpose);
            Box::pin(async move { allowed })
        });
    }

    fn allows(&self, address: SocketAddr, purpose: SocketAddrUse) -> bool {
        match purpose {
            SocketAddrUse::TcpConnect | SocketAddrUse::UdpSend | SocketAddrUse::UdpReceive => {
                self.0.contains(&place(address))
            }
            // The system picks a port for every socket that connects or sends. A chosen port
            // is for those who want to be found, and nobody may.
            SocketAddrUse::TcpBind | SocketAddrUse::UdpBind => {
                !self.0.is_empty() && address.port() == 0
            }
            SocketAddrUse::TcpListen | SocketAddrUse::TcpAccept => false,
        }
    }
}

fn place(address: SocketAddr) -> (IpAddr, u16, u32) {
    let scope = match address {
        SocketAddr::V4(_) => 0,
        SocketAddr::V6(address) => address.scope_id(),
    };
    (address.ip(), address.port(), scope)
}

/// Refuses every outgoing HTTP request with `HTTP-request-denied`.
pub(super) struct NoRequests;

/// What a request that was sent goes on doing.
type Exchange = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for NoRequests {
    fn send_request(
        &mut self,
        _request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _processed: Exchange,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Exchange), Error>> + Send> {
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn nothing_is_allowed_unless_it_is_listed() {
        let list = AllowList::of([address("127.0.0.1:8080"), address("[::1]:53")]);
        assert!(list.allows(address("127.0.0.1:8080"), SocketAddrUse::TcpConnect));
        assert!(list.allows(address("[::1]:53"), SocketAddrUse::UdpSend));
        assert!(list.allows(address("[::1]:53"), SocketAddrUse::UdpReceive));
        assert!(!list.allows(address("127.0.0.1:8081"), SocketAddrUse::TcpConnect));
        assert!(!list.allows(address("127.0.0.2:8080"), SocketAddrUse::TcpConnect));
        assert!(!list.allows(address("127.0.0.1:8080"), SocketAddrUse::TcpListen));
        assert!(!list.allows(address("127.0.0.1:8080"), SocketAddrUse::TcpAccept));
        assert!(!list.allows(address("0.0.0.0:8080"), SocketAddrUse::TcpBind));
        assert!(list.allows(address("0.0.0.0:0"), SocketAddrUse::TcpBind));
        assert!(!AllowList::default().allows(address("0.0.0.0:0"), SocketAddrUse::UdpBind));
    }
}

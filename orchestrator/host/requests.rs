//! HTTP requests, which the host sends for a component: to whom, and by which address.
//!
//! ```text
//! request ─ is its origin granted? ─→ look its name up, once ─→ is the address one that may be
//!             no: HTTP-request-denied,                           reached? no: destination-IP-prohibited
//!             and nothing is looked up                           yes: connect to that very address
//! ```
//!
//! Nothing is looked up a second time, so that a name cannot lead elsewhere once its address was
//! found right. A redirect is an answer like any other: where it leads is a request of its own.
//! Proxies of poly's own environment are not used.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::{Request, Response, Uri};
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::p2::bindings::http::types::{HostOutgoingRequest as _, Method};
use wasmtime_wasi_http::p2::types::HostOutgoingRequest;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, WasiHttpView as _};

use super::address::Kind;
use super::bodies::Bodies;
use super::capture::CHUNK;
use super::context::Context;
use super::exchange::{self, Exchange};
use super::names::Resolve;
use super::refusals::Refusals;
use crate::component::world::WASI_VERSION;
use crate::manifest::{Host, HttpOrigin, HttpScheme, read_port};

/// The function that sends requests, as refusals name it.
const HANDLE: &str = "wasi:http/outgoing-handler.handle";

/// How many bytes the method of a request may have, and its authority, which are kept with it. The
/// runtime has no bound for these; for a path it has one of its own.
const LONGEST: usize = 1024;

/// The name that means this machine (RFC 6761, section 6.3).
const LOCALHOST: &str = "localhost";

/// Which requests are sent, and how.
pub(super) struct Requests {
    origins: Vec<HttpOrigin>,
    /// Whether names may lead to private networks, and `localhost` to this machine.
    private: bool,
    resolve: Resolve,
    bodies: Bodies,
    refusals: Refusals,
}

/// Whom a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) scheme: HttpScheme,
    pub(super) host: Host,
    pub(super) port: u16,
}

impl Requests {
    /// Requests to these origins.
    pub(super) fn new(
        origins: Vec<HttpOrigin>,
        private: bool,
        resolve: Resolve,
        bodies: Bodies,
        refusals: Refusals,
    ) -> Self {
        Self { origins, private, resolve, bodies, refusals }
    }

    /// The same with names looked up in another way.
    #[cfg(test)]
    pub(super) fn resolve_with(&mut self, resolve: Resolve) {
        self.resolve = resolve;
    }

    /// Refuses what is not granted, before anything is looked up. Otherwise: whether the target is
    /// an address that stands in the manifest.
    fn admit(&self, target: &Target) -> Result<bool, Error> {
        let Target { scheme, host, port } = target;
        let mut granted =
            self.origins.iter().filter(|it| it.allows(*scheme, host, *port)).peekable();
        if granted.peek().is_none() {
            let wanted = target.to_string();
            self.refusals.note(HANDLE, Some(&wanted), || format!("http = [{wanted:?}]"));
            return Err(Error::HttpRequestDenied);
        }
        Ok(granted.any(HttpOrigin::is_address))
    }
}

/// The addresses among `found` that a request may go to.
fn reachable(
    target: &Target,
    found: &[IpAddr],
    private: bool,
    refusals: &Refusals,
) -> Result<Vec<SocketAddr>, Error> {
    let local = matches!(&target.host, Host::Name(name) if name == LOCALHOST);
    let allowed = |kind: Kind| private && kind.is_private(local);
    let (open, closed): (Vec<&IpAddr>, Vec<&IpAddr>) =
        found.iter().partition(|address| Kind::of(**address).is_none_or(allowed));
    if let (true, Some(address)) = (open.is_empty(), closed.first()) {
        let kind = Kind::of(**address).expect("a public address is not closed");
        let wanted = format!("{target} at {address}, which is {kind}");
        refusals.note(HANDLE, Some(&wanted), || match kind {
            Kind::Special => String::new(),
            kind if kind.is_private(local) => "private-addresses = true".to_owned(),
            _ => {
                let host = Host::Address(**address);
                format!("http = [\"{}\"]", Target { host, ..target.clone() })
            }
        });
        return Err(Error::DestinationIpProhibited);
    }
    if open.is_empty() {
        return Err(unresolved("it has no address"));
    }
    Ok(open.into_iter().map(|address| SocketAddr::new(*address, target.port)).collect())
}

impl WasiHttpHooks for Requests {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Exchange,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Exchange), Error>> + Send> {
        let admitted = Target::of(request.uri())
            .ok_or(Error::HttpRequestUriInvalid)
            .and_then(|target| self.admit(&target).map(|as_written| (target, as_written)));
        let (target, as_written) = match admitted {
            Ok(admitted) => admitted,
            Err(refused) => return Box::new(std::future::ready(Err(refused))),
        };
        let (resolve, refusals) = (Arc::clone(&self.resolve), self.refusals.clone());
        let (private, bodies) = (self.private, self.bodies.clone());
        Box::new(async move {
            let options = options.unwrap_or_default();
            let found = async {
                match &target.host {
                    Host::Address(address) if as_written => {
                        Ok(vec![SocketAddr::new(*address, target.port)])
                    }
                    Host::Address(address) => reachable(&target, &[*address], private, &refusals),
                    Host::Name(name) => {
                        let found = resolve(name.clone()).await;
                        let found = found.map_err(|error| unresolved(&error.to_string()))?;
                        reachable(&target, &found, private, &refusals)
                    }
                }
            };
            let found = exchange::within(options.connect_timeout, found);
            let addresses = found.await.map_err(|_| Error::DnsTimeout)??;
            exchange::send(request, &target, &addresses, options, &bodies).await
        })
    }

    /// Two such pieces of each body are in the host's memory until the request is sent, if it is.
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK
    }
}

impl Target {
    /// Whom a URL names; none if it is no URL of HTTP, or has a user in it.
    fn of(uri: &Uri) -> Option<Self> {
        let scheme = match uri.scheme_str()? {
            "http" => HttpScheme::Http,
            "https" => HttpScheme::Https,
            _ => return None,
        };
        let authority = uri.authority()?;
        if authority.as_str().contains('@') {
            return None;
        }
        // The library's own reading of a port passes over what is none.
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" => scheme.port(),
            rest => read_port(rest.strip_prefix(':')?)?,
        };
        Some(Self { scheme, host: Host::read(authority.host())?, port })
    }
}

impl std::fmt::Display for Target {
    /// As the manifest would grant it.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}://{}", self.scheme, self.host)?;
        if self.port == self.scheme.port() { Ok(()) } else { write!(out, ":{}", self.port) }
    }
}

/// Puts functions that refuse what is longer in the place of those that set a method and an authority.
pub(super) fn link_bounds(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    type Request = Resource<HostOutgoingRequest>;
    let mut types = linker.instance(&format!("wasi:http/types@{WASI_VERSION}"))?;
    types.func_wrap(
        "[method]outgoing-request.set-method",
        |mut store, (request, method): (Request, Method)| match &method {
            Method::Other(text) if text.len() > LONGEST => Ok((Err(()),)),
            _ => Ok((store.data_mut().http().set_method(request, method)?,)),
        },
    )?;
    types.func_wrap(
        "[method]outgoing-request.set-authority",
        |mut store, (request, authority): (Request, Option<String>)| match &authority {
            Some(text) if text.len() > LONGEST => Ok((Err(()),)),
            _ => Ok((store.data_mut().http().set_authority(request, authority)?,)),
        },
    )
}

fn unresolved(why: &str) -> Error {
    Error::DnsError { rcode: Some(why.to_owned()), info_code: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(uri: &str) -> Option<String> {
        Target::of(&uri.parse().ok()?).map(|target| target.to_string())
    }

    #[test]
    fn a_url_names_one_target_or_none() {
        for (uri, expected) in [
            ("http://API.example.com./x?y", "http://api.example.com"),
            ("https://h.org:443/", "https://h.org"),
            ("https://h.org:80/", "https://h.org:80"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("http://[::ffff:1.2.3.4]/", "http://1.2.3.4"),
        ] {
            assert_eq!(target(uri).as_deref(), Some(expected), "{uri}");
        }
        for uri in [
            "ftp://h.org/",
            "http://granted.org@evil.com/",
            "http://granted.org:80@evil.com/",
            "http://h.org:0/",
            "http://h.org:/",
            "http://h.org:99999/",
            "http://2130706433/",
            "http://0x7f.1/",
            "/path",
        ] {
            assert_eq!(target(uri), None, "{uri}");
        }
    }

    #[test]
    fn addresses_that_may_not_be_reached_are_left_out() {
        let refusals = Refusals::default();
        let target = Target::of(&"http://h.org/".parse().unwrap()).unwrap();
        let reach = |found: &[&str], private: bool| {
            let found: Vec<IpAddr> = found.iter().map(|text| text.parse().unwrap()).collect();
            let open = reachable(&target, &found, private, &refusals).ok()?;
            Some(open.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(reach(&["127.0.0.1", "1.1.1.1", "10.0.0.1"], false).unwrap(), "1.1.1.1:80");
        assert_eq!(refusals.take(), []);
        assert_eq!(reach(&["127.0.0.1", "10.0.0.1"], true).unwrap(), "10.0.0.1:80");
        assert_eq!(reach(&["127.0.0.1"], true), None);
        assert_eq!(reach(&["169.254.0.1"], true), None);
        assert_eq!(reach(&["fd00:ec2::1"], true), None);
        assert_eq!(reach(&["10.0.0.1"], false), None);
        assert_eq!(reach(&["169.254.169.254"], true), None);
        assert_eq!(reach(&["0.0.0.0"], true), None);
        let told: Vec<_> =
            refusals.take().into_iter().map(|it| (it.wanted.unwrap(), it.grant)).collect();
        let told: Vec<_> =
            told.iter().map(|(wanted, grant)| (wanted.as_str(), grant.as_str())).collect();
        assert_eq!(
            told,
            [
                (
                    "http://h.org at 127.0.0.1, which is this machine",
                    "http = [\"http://127.0.0.1\"]"
                ),
                (
                    "http://h.org at 169.254.0.1, which is a link-local address",
                    "http = [\"http://169.254.0.1\"]"
                ),
                (
                    "http://h.org at fd00:ec2::1, which is a cloud's metadata",
                    "http = [\"http://[fd00:ec2::1]\"]"
                ),
                (
                    "http://h.org at 10.0.0.1, which is a private address",
                    "private-addresses = true"
                ),
                (
                    "http://h.org at 169.254.169.254, which is a cloud's metadata",
                    "http = [\"http://169.254.169.254\"]"
                ),
                ("http://h.org at 0.0.0.0, which is no machine's address", ""),
            ]
        );
        assert_eq!(reach(&[], true), None);
        assert_eq!(refusals.take(), []);
    }
}

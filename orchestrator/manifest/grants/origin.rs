//! [`HttpOrigin`]: whom HTTP requests may go to.
//!
//! ```text
//! origin = [ scheme "://" ] host [ ":" port ]
//! scheme = "http" | "https" | "*"             without one, https
//! host   = name | "*." name | "*" | IPv4 | "[" IPv6 "]"
//! port   = 1 to 65535 | "*"                   without one, that of the scheme: 80 or 443
//! ```
//!
//! `*.example.com` is every name below `example.com`, and not that name itself. Names are
//! compared without regard to case, and in ASCII: names of other letters are written as they go
//! over the wire (`xn--...`). Nothing can be said of paths, since a server that answers for one
//! can lead to any other.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

/// Whom HTTP requests may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpOrigin {
    scheme: Option<HttpScheme>,
    host: Hosts,
    port: Ports,
}

/// How a request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpScheme {
    /// Without encryption.
    Http,
    /// Through TLS.
    Https,
}

/// A host, in the one way it is written here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name, in lower case and without a dot at its end.
    Name(String),
    /// An address; one of IPv4 in the clothes of IPv6 is one of IPv4.
    Address(IpAddr),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    Any,
    /// Those whose names end with a dot and this.
    Below(String),
    One(Host),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ports {
    OfScheme,
    Any,
    One(u16),
}

/// Why a text is none of these. A second line is advice.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MalformedOrigin {
    /// It says more than scheme, host and port.
    #[error("`{text}` has {what}, of which nothing can be granted\nwrite `{origin}`")]
    More {
        /// What was written.
        text: String,
        /// What it has that it may not have.
        what: &'static str,
        /// The same without it.
        origin: String,
    },
    /// It is of another scheme.
    #[error("`{0}` is not sent by HTTP\nwrite `http://`, `https://`, or `*://` for both")]
    Scheme(String),
    /// There is a `*` where none may stand.
    #[error(
        "`{0}` has a `*` within a name\nwrite `*.` at its beginning and nowhere else, such as \
         `https://*.example.com`"
    )]
    Star(String),
    /// It is not a host.
    #[error(
        "`{0}` is not a host\nwrite a name such as `api.example.com`, an address such as \
         `127.0.0.1` or `[::1]`, or `*.example.com` for all below a name"
    )]
    Host(String),
    /// It is not a port.
    #[error("`{0}` is not a port\nwrite a number from 1 to 65535, or `*` for any")]
    Port(String),
}

impl HttpScheme {
    /// The port that is used where none is said.
    pub const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl HttpOrigin {
    /// Whether a request may go there.
    pub fn allows(&self, scheme: HttpScheme, host: &Host, port: u16) -> bool {
        self.scheme.is_none_or(|own| own == scheme)
            && match self.port {
                Ports::Any => true,
                Ports::OfScheme => port == scheme.port(),
                Ports::One(own) => port == own,
            }
            && match (&self.host, host) {
                (Hosts::Any, _) => true,
                (Hosts::One(own), host) => own == host,
                (Hosts::Below(parent), Host::Name(name)) => name
                    .strip_suffix(parent.as_str())
                    .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
                (Hosts::Below(_), Host::Address(_)) => false,
            }
    }

    /// Whether it is an address: one that was written down needs no other say-so.
    pub fn is_address(&self) -> bool {
        matches!(self.host, Hosts::One(Host::Address(_)))
    }

    /// Whether it is any host there is, or any below the last part of a name, such as `*.com`.
    pub fn is_broad(&self) -> bool {
        match &self.host {
            Hosts::Any => true,
            Hosts::Below(parent) => !parent.contains('.'),
            Hosts::One(_) => false,
        }
    }
}

impl FromStr for HttpOrigin {
    type Err = MalformedOrigin;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("http", rest)) => (Some(HttpScheme::Http), rest),
            Some(("https", rest)) => (Some(HttpScheme::Https), rest),
            Some(("*", rest)) => (None, rest),
            Some(_) => return Err(MalformedOrigin::Scheme(text.to_owned())),
            None => (Some(HttpScheme::Https), text),
        };
        let prefix = &text[..text.len() - rest.len()];
        let more = |what, rest: &str| MalformedOrigin::More {
            text: text.to_owned(),
            what,
            origin: format!("{prefix}{rest}"),
        };
        if let Some(end) = rest.find(['/', '?', '#', '\\']) {
            let what = if rest[end..].starts_with('?') { "a query" } else { "a path" };
            return Err(more(what, &rest[..end]));
        }
        if let Some((_, host)) = rest.rsplit_once('@') {
            return Err(more("a user", host));
        }
        let (host, port) = split_port(rest);
        let port = match port {
            None => Ports::OfScheme,
            Some("*") => Ports::Any,
            Some(port) => {
                Ports::One(read_port(port).ok_or_else(|| MalformedOrigin::Port(port.to_owned()))?)
            }
        };
        let malformed = || {
            let host = host.to_owned();
            if host.contains('*') {
                MalformedOrigin::Star(host)
            } else {
                MalformedOrigin::Host(host)
            }
        };
        let host = match host.strip_prefix("*.") {
            _ if host == "*" => Hosts::Any,
            Some(parent) => match Host::read(parent) {
                Some(Host::Name(parent)) => Hosts::Below(parent),
                _ => return Err(malformed()),
            },
            None => Hosts::One(Host::read(host).ok_or_else(malformed)?),
        };
        Ok(Self { scheme, host, port })
    }
}

/// Host and port apart; the colons of an address in brackets are none of a port.
pub(super) fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    }
}

/// A port that can be connected to.
pub(crate) fn read_port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0)
}

impl Host {
    /// A host as a person or a component writes it. Numbers that some resolvers take for
    /// addresses (`127.1`, `0x7f000001`) are no names.
    pub fn read(text: &str) -> Option<Self> {
        if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let address = address.parse::<Ipv6Addr>().ok()?;
            return Some(Self::Address(IpAddr::V6(address).to_canonical()));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::Address(address.into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let fits = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|letter| letter.is_ascii_alphanumeric() || b"-_".contains(&letter))
        };
        let last = name.rsplit('.').next().unwrap_or_default();
        let number = last.strip_prefix("0x").unwrap_or(last);
        let is_number = number.bytes().all(|digit| digit.is_ascii_hexdigit())
            && last.starts_with(|first: char| first.is_ascii_digit());
        (name.len() <= 253 && !is_number && name.split('.').all(fits)).then_some(Self::Name(name))
    }
}

impl fmt::Display for Host {
    /// As in a URL.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => out.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(out),
            Self::Address(IpAddr::V6(address)) => write!(out, "[{address}]"),
        }
    }
}

impl fmt::Display for HttpScheme {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `origin` lets `SCHEME://HOST:PORT` through.
    fn allows(origin: &str, target: &str) -> bool {
        let (scheme, rest) = target.split_once("://").unwrap();
        let scheme = if scheme == "http" { HttpScheme::Http } else { HttpScheme::Https };
        let (host, port) = split_port(rest);
        let port = port.map_or(scheme.port(), |port| port.parse().unwrap());
        let host = Host::read(host).unwrap();
        origin.parse::<HttpOrigin>().unwrap().allows(scheme, &host, port)
    }

    #[test]
    fn scheme_host_and_port_must_be_right() {
        for (origin, yes, no) in [
            (
                "https://api.example.com",
                &[
                    "https://api.example.com",
                    "https://API.example.com.",
                    "https://api.example.com:443",
                ][..],
                &[
                    "http://api.example.com",
                    "https://api.example.com:8443",
                    "https://example.com",
                    "https://x.api.example.com",
                    "https://api.example.com.evil.org",
                    "https://1.2.3.4",
                ][..],
            ),
            ("api.example.com", &["https://api.example.com"], &["http://api.example.com"]),
            (
                "http://127.0.0.1:8080",
                &["http://127.0.0.1:8080", "http://[::ffff:127.0.0.1]:8080"],
                &["http://127.0.0.1", "http://127.0.0.2:8080", "https://127.0.0.1:8080"],
            ),
            ("http://[::1]", &["http://[::1]:80", "http://[0:0::1]"], &["http://[::2]"]),
            (
                "https://*.example.com",
                &["https://a.example.com", "https://a.b.example.com"],
                &["https://example.com", "https://evilexample.com", "http://a.example.com"],
            ),
            (
                "*://h.org",
                &["http://h.org", "https://h.org"],
                &["http://h.org:443", "https://h.org:80"],
            ),
            ("*://h.org:*", &["http://h.org:443", "https://h.org:1"], &["http://g.org:443"]),
            (
                "http://*",
                &["http://h.org", "http://1.2.3.4"],
                &["https://h.org", "http://h.org:8080"],
            ),
        ] {
            for target in yes {
                assert!(allows(origin, target), "{origin} lets {target} through");
            }
            for target in no {
                assert!(!allows(origin, target), "{origin} does not let {target} through");
            }
        }
    }

    #[test]
    fn broad_is_what_nobody_can_name() {
        for (origin, broad) in [
            ("*", true),
            ("http://*:*", true),
            ("https://*.com", true),
            ("*.com.", true),
            ("https://*.example.com", false),
            ("localhost", false),
        ] {
            assert_eq!(origin.parse::<HttpOrigin>().unwrap().is_broad(), broad, "{origin}");
        }
    }

    #[test]
    fn numbers_that_mean_addresses_are_no_names() {
        for host in
            ["127.1", "2130706433", "0x7f000001", "0x7f.1", "1.2.3.4.5", "0177.0.0.1", "a.1"]
        {
            assert_eq!(Host::read(host), None, "{host}");
        }
        for host in ["", ".", "a..b", "a b", "-/", "[::1", "::1", "[fe80::1%1]", "ex\u{e4}mple.org"]
        {
            assert_eq!(Host::read(host), None, "{host}");
        }
        assert!(Host::read("1a.org").is_some() && Host::read("a-1.x2").is_some());
        assert!(Host::read(&"a".repeat(64)).is_none());
    }
}

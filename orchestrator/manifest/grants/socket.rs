//! [`SocketGrant`]: an address that may be spoken to by TCP, by UDP, or by both.

use std::net::SocketAddr;
use std::str::FromStr;

use thiserror::Error;

/// An address and a port, and by which protocol: `127.0.0.1:8080`, `tcp://10.0.0.5:5432`,
/// `udp://[::1]:53`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketGrant {
    /// The address and the port, which is not 0.
    pub address: SocketAddr,
    /// Whether it may be connected to by TCP.
    pub tcp: bool,
    /// Whether datagrams may be exchanged with it by UDP.
    pub udp: bool,
}

/// Why a text is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is not a socket address\nwrite `ADDRESS:PORT`, such as `127.0.0.1:8080` or \
     `[::1]:8080`, with `tcp://` or `udp://` before it for one of them alone; names are not looked \
     up, since they may lead anywhere"
)]
pub struct MalformedSocket(String);

impl FromStr for SocketGrant {
    type Err = MalformedSocket;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (tcp, udp, rest) = match text.split_once("://") {
            Some(("tcp", rest)) => (true, false, rest),
            Some(("udp", rest)) => (false, true, rest),
            Some(_) => return Err(MalformedSocket(text.to_owned())),
            None => (true, true, text),
        };
        match rest.parse::<SocketAddr>() {
            Ok(address) if address.port() != 0 => Ok(Self { address, tcp, udp }),
            _ => Err(MalformedSocket(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_protocol_or_both() {
        let read = |text: &str| {
            let grant: SocketGrant = text.parse().unwrap();
            (grant.address.to_string(), grant.tcp, grant.udp)
        };
        assert_eq!(read("127.0.0.1:80"), ("127.0.0.1:80".to_owned(), true, true));
        assert_eq!(read("tcp://127.0.0.1:80"), ("127.0.0.1:80".to_owned(), true, false));
        assert_eq!(read("udp://[::1]:53"), ("[::1]:53".to_owned(), false, true));
        for text in ["", "host:80", "1.2.3.4", "1.2.3.4:0", "http://1.2.3.4:80", "tcp://", "::1:80"]
        {
            assert!(text.parse::<SocketGrant>().is_err(), "{text}");
        }
    }
}

//! Which addresses are whose: what a name must not lead to unless that is granted.
//!
//! A name is granted, and whoever answers for the name says where it leads: to this machine, to
//! the network it stands in, or to the address by which a cloud tells a machine its own
//! credentials. So the address is looked at too. The registries followed are IANA's of special
//! purpose addresses for IPv4 and IPv6 (RFC 6890); of IPv6, what is not in `2000::/3` is not public.
//! An address of IPv4 within one of IPv6 (mapped, NAT64, 6to4) is what it is by itself.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is that is not public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// This machine.
    Loopback,
    /// The network this machine stands in, and no further.
    LinkLocal,
    /// A private network.
    Private,
    /// Where a cloud tells its machines their credentials.
    Metadata,
    /// No machine: unspecified, multicast, for documents, or for a use of its own.
    Special,
}

impl Kind {
    /// What `address` is; none if it is public.
    pub(super) fn of(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// Whether `private-addresses = true` lets a name lead there, or if it is `local`, the name that
    /// means this machine.
    pub(super) fn is_private(self, local: bool) -> bool {
        self == Self::Private || (local && self == Self::Loopback)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Loopback => "this machine",
            Self::LinkLocal => "a link-local address",
            Self::Private => "a private address",
            Self::Metadata => "a cloud's metadata",
            Self::Special => "no machine's address",
        })
    }
}

/// The addresses of metadata: AWS, Google, Azure, Oracle and others; AWS containers; Azure's wire
/// server; Alibaba; Oracle.
const METADATA_V4: [Ipv4Addr; 5] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
];

/// The same: Google, Scaleway, Oracle. Of AWS it is a network, `fd00:ec2::/32`.
const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
    Ipv6Addr::new(0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe),
];

fn of_v4(address: Ipv4Addr) -> Option<Kind> {
    if METADATA_V4.contains(&address) {
        return Some(Kind::Metadata);
    }
    match address.octets() {
        [127, ..] => Some(Kind::Loopback),
        [169, 254, ..] => Some(Kind::LinkLocal),
        // RFC 1918, and RFC 6598: what stands behind a carrier's translation.
        [10, ..] | [172, 16..32, ..] | [192, 168, ..] | [100, 64..128, ..] => Some(Kind::Private),
        // This network, protocols, documents, what was 6to4's relay, benchmarks, multicast and up.
        [0 | 224..=255, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [198, 18 | 19, ..] => Some(Kind::Special),
        _ => None,
    }
}

fn of_v6(address: Ipv6Addr) -> Option<Kind> {
    if METADATA_V6.contains(&address) {
        return Some(Kind::Metadata);
    }
    let segments = address.segments();
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some(Kind::Special),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some(Kind::Loopback),
        // Mapped, compatible, translated by a stateless translator, by NAT64.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => of_v4(v4(high, low)),
        // NAT64 of a network's own.
        [0x64, 0xff9b, 1, _, _, _, high, low] => {
            Some(of_v4(v4(high, low)).map_or(Kind::Private, |kind| kind.max(Kind::Private)))
        }
        // An address of IPv4 in the second half, as ISATAP has it, in whatever network.
        [.., 0 | 0x200, 0x5efe, high, low] if of_v4(v4(high, low)).is_some() => {
            of_v4(v4(high, low))
        }
        [0xfd00, 0xec2, ..] => Some(Kind::Metadata),
        [0xfe80..=0xfebf, ..] => Some(Kind::LinkLocal),
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => Some(Kind::Private),
        // Protocols of their own (Teredo among them), and documents.
        [0x2001, 0..0x200 | 0xdb8, ..] | [0x3fff, 0..0x1000, ..] => Some(Kind::Special),
        [0x2000..0x4000, ..] => None,
        _ => Some(Kind::Special),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_and_the_others() {
        let cases: &[(Option<Kind>, &[&str])] = &[
            (
                None,
                &[
                    "1.1.1.1",
                    "8.8.8.8",
                    "100.63.255.255",
                    "100.128.0.1",
                    "172.15.0.1",
                    "172.32.0.1",
                    "192.169.0.1",
                    "223.255.255.255",
                    "2606:4700::1111",
                    "2a00::1",
                    "::ffff:8.8.8.8",
                    "64:ff9b::8.8.8.8",
                    "2002:808:808::1",
                    "2a00::5efe:808:808",
                ],
            ),
            (
                Some(Kind::Loopback),
                &[
                    "127.0.0.1",
                    "127.255.255.254",
                    "::1",
                    "::ffff:127.0.0.1",
                    "::127.0.0.1",
                    "::ffff:0:127.0.0.1",
                    "64:ff9b::127.0.0.1",
                    "2002:7f00:1::1",
                    "2a00::5efe:7f00:1",
                ],
            ),
            (Some(Kind::LinkLocal), &["169.254.0.1", "fe80::1", "febf::1", "::ffff:169.254.0.1"]),
            (
                Some(Kind::Private),
                &[
                    "10.0.0.1",
                    "172.16.0.1",
                    "172.31.255.255",
                    "192.168.1.1",
                    "100.64.0.1",
                    "100.127.255.255",
                    "fc00::1",
                    "fdff::1",
                    "fec0::1",
                    "::ffff:10.0.0.1",
                    "64:ff9b:1::8.8.8.8",
                    "64:ff9b:1::127.0.0.1",
                    "2002:a00:1::",
                ],
            ),
            (
                Some(Kind::Metadata),
                &[
                    "169.254.169.254",
                    "169.254.170.2",
                    "168.63.129.16",
                    "100.100.100.200",
                    "fd00:ec2::254",
                    "fd00:ec2::1",
                    "fd00:ec2:0:1::23",
                    "fd20:ce::254",
                    "::ffff:169.254.169.254",
                    "64:ff9b::169.254.169.254",
                    "64:ff9b:1::169.254.169.254",
                    "2002:a9fe:a9fe::1",
                ],
            ),
            (
                Some(Kind::Special),
                &[
                    "0.0.0.0",
                    "0.1.2.3",
                    "192.0.0.1",
                    "192.0.2.1",
                    "198.18.0.1",
                    "198.51.100.1",
                    "203.0.113.1",
                    "224.0.0.1",
                    "240.0.0.1",
                    "255.255.255.255",
                    "::",
                    "ff02::1",
                    "2001:db8::1",
                    "2001::1",
                    "100::1",
                    "5f00::1",
                    "::ffff:0.0.0.0",
                ],
            ),
        ];
        for (kind, addresses) in cases {
            for address in *addresses {
                assert_eq!(Kind::of(address.parse().unwrap()), *kind, "{address}");
            }
        }
    }

    #[test]
    fn what_private_addresses_are() {
        for kind in [Kind::Loopback, Kind::LinkLocal, Kind::Private, Kind::Metadata, Kind::Special]
        {
            assert_eq!(kind.is_private(false), kind == Kind::Private, "{kind}");
            let local = [Kind::Private, Kind::Loopback].contains(&kind);
            assert_eq!(kind.is_private(true), local, "{kind}");
        }
    }
}

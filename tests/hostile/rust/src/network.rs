//! Ways to the network.

use crate::bindings::exports::poly::hostile::network::Guest;
use crate::bindings::wasi::sockets::instance_network::instance_network;
use crate::bindings::wasi::sockets::ip_name_lookup::resolve_addresses;
use crate::bindings::wasi::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use crate::bindings::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::bindings::wasi::sockets::udp::OutgoingDatagram;
use crate::bindings::wasi::sockets::udp_create_socket::create_udp_socket;
use crate::origins::request;
use crate::Answer;

impl Guest for crate::Guest {
    fn connect(port: u16) -> Answer {
        connect(IpAddressFamily::Ipv4, here(port))
    }

    fn connect_by_ipv6(port: u16) -> Answer {
        // The same address, as an IPv6 one.
        let address = (0, 0, 0, 0, 0, 0xffff, 0x7f00, 1);
        let address = Ipv6SocketAddress { port, flow_info: 0, address, scope_id: 0 };
        connect(IpAddressFamily::Ipv6, IpSocketAddress::Ipv6(address))
    }

    fn listen() -> Answer {
        let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(no_socket)?;
        socket.start_bind(&instance_network(), here(0)).map_err(said)?;
        socket.finish_bind().map_err(said)?;
        socket.start_listen().map_err(said)?;
        socket.finish_listen().map_err(said)?;
        Ok("it listens".to_owned())
    }

    fn send_a_datagram(port: u16) -> Answer {
        let socket = create_udp_socket(IpAddressFamily::Ipv4).map_err(no_socket)?;
        let any = Ipv4SocketAddress { port: 0, address: (0, 0, 0, 0) };
        socket.start_bind(&instance_network(), IpSocketAddress::Ipv4(any)).map_err(said)?;
        socket.finish_bind().map_err(said)?;
        let (_, out) = socket.stream(None).map_err(said)?;
        out.check_send().map_err(said)?;
        let datagram =
            OutgoingDatagram { data: b"out".to_vec(), remote_address: Some(here(port)) };
        let sent = out.send(&[datagram]).map_err(said)?;
        Ok(format!("{sent} datagrams"))
    }

    fn look_up_a_name() -> Answer {
        look_up("localhost")
    }

    fn request(port: u16) -> Answer {
        request(None, &format!("127.0.0.1:{port}"), "/")
    }

    fn request_metadata() -> Answer {
        request(None, "169.254.169.254", "/")
    }
}

fn connect(family: IpAddressFamily, address: IpSocketAddress) -> Answer {
    let socket = create_tcp_socket(family).map_err(no_socket)?;
    socket.start_connect(&instance_network(), address).map_err(said)?;
    socket.subscribe().block();
    socket.finish_connect().map_err(said)?;
    Ok("connected".to_owned())
}

pub fn look_up(name: &str) -> Answer {
    let names = resolve_addresses(&instance_network(), name).map_err(said)?;
    names.subscribe().block();
    Ok(format!("{:?}", names.resolve_next_address().map_err(said)?))
}

fn here(port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (127, 0, 0, 1) })
}

fn no_socket(code: ErrorCode) -> String {
    format!("no socket: {}", code.name())
}

fn said(code: ErrorCode) -> String {
    code.name().to_owned()
}

package main

import (
	"fmt"

	"go.bytecodealliance.org/cm"

	attempts "example.com/hostile/gen/poly/hostile/network"
	http "example.com/hostile/gen/wasi/http/types"
	instancenetwork "example.com/hostile/gen/wasi/sockets/instance-network"
	ipnamelookup "example.com/hostile/gen/wasi/sockets/ip-name-lookup"
	"example.com/hostile/gen/wasi/sockets/network"
	tcpcreatesocket "example.com/hostile/gen/wasi/sockets/tcp-create-socket"
	"example.com/hostile/gen/wasi/sockets/udp"
	udpcreatesocket "example.com/hostile/gen/wasi/sockets/udp-create-socket"
)

// Ways to the network.
func init() {
	exports := &attempts.Exports
	exports.Connect = func(port uint16) answer { return connect(network.IPAddressFamilyIPv4, here(port)) }
	exports.ConnectByIPv6 = func(port uint16) answer {
		// The same address, as an IPv6 one.
		address := network.IPv6Address{0, 0, 0, 0, 0, 0xffff, 0x7f00, 1}
		return connect(
			network.IPAddressFamilyIPv6,
			network.IPSocketAddressIPv6(network.IPv6SocketAddress{Port: port, Address: address}),
		)
	}
	exports.Listen = func() answer {
		socket := tcpcreatesocket.CreateTCPSocket(network.IPAddressFamilyIPv4)
		if socket.IsErr() {
			return noSocket(socket.Err())
		}
		for _, step := range []func() answer{
			func() answer { return done(socket.OK().StartBind(instancenetwork.InstanceNetwork(), here(0))) },
			func() answer { return done(socket.OK().FinishBind()) },
			func() answer { return done(socket.OK().StartListen()) },
		} {
			if done := step(); done.IsErr() {
				return done
			}
		}
		return done(socket.OK().FinishListen())
	}
	exports.SendADatagram = sendADatagram
	exports.LookUpAName = func() answer { return lookUp("localhost") }
	exports.Request = func(port uint16) answer {
		return request(cm.None[http.Scheme](), fmt.Sprintf("127.0.0.1:%d", port), "/")
	}
	exports.RequestMetadata = func() answer { return request(cm.None[http.Scheme](), "169.254.169.254", "/") }
}

func lookUp(name string) answer {
	names := ipnamelookup.ResolveAddresses(instancenetwork.InstanceNetwork(), name)
	if names.IsErr() {
		return told(names.Err().String())
	}
	names.OK().Subscribe().Block()
	return done(names.OK().ResolveNextAddress())
}

func connect(family network.IPAddressFamily, address network.IPSocketAddress) answer {
	socket := tcpcreatesocket.CreateTCPSocket(family)
	if socket.IsErr() {
		return noSocket(socket.Err())
	}
	begun := done(socket.OK().StartConnect(instancenetwork.InstanceNetwork(), address))
	if begun.IsErr() {
		return begun
	}
	socket.OK().Subscribe().Block()
	return done(socket.OK().FinishConnect())
}

func sendADatagram(port uint16) answer {
	socket := udpcreatesocket.CreateUDPSocket(network.IPAddressFamilyIPv4)
	if socket.IsErr() {
		return noSocket(socket.Err())
	}
	any := network.IPSocketAddressIPv4(network.IPv4SocketAddress{})
	bound := done(socket.OK().StartBind(instancenetwork.InstanceNetwork(), any))
	if bound.IsErr() {
		return bound
	}
	if bound := done(socket.OK().FinishBind()); bound.IsErr() {
		return bound
	}
	both := socket.OK().Stream(cm.None[network.IPSocketAddress]())
	if both.IsErr() {
		return told(both.Err().String())
	}
	out := both.OK().F1
	if may := done(out.CheckSend()); may.IsErr() {
		return may
	}
	datagram := udp.OutgoingDatagram{Data: cm.ToList([]byte("out")), RemoteAddress: cm.Some(here(port))}
	return done(out.Send(cm.ToList([]udp.OutgoingDatagram{datagram})))
}

func here(port uint16) network.IPSocketAddress {
	return network.IPSocketAddressIPv4(network.IPv4SocketAddress{
		Port: port, Address: network.IPv4Address{127, 0, 0, 1},
	})
}

func noSocket(code *network.ErrorCode) answer { return told("no socket: " + code.String()) }

;; The module for network.wit. Results are written to memory at 64: a discriminant, and after
;; it, aligned, what it carries.
(module
  (import "wasi:sockets/tcp-create-socket@0.2.0" "create-tcp-socket"
    (func $create_tcp_socket (param i32 i32)))
  (import "wasi:sockets/instance-network@0.2.0" "instance-network"
    (func $instance_network (result i32)))
  (import "wasi:sockets/tcp@0.2.0" "[method]tcp-socket.start-connect"
    (func $start_connect (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:sockets/tcp@0.2.0" "[method]tcp-socket.finish-connect"
    (func $finish_connect (param i32 i32)))
  (import "wasi:sockets/tcp@0.2.0" "[method]tcp-socket.subscribe"
    (func $subscribe_socket (param i32) (result i32)))
  (import "wasi:sockets/tcp@0.2.0" "[method]tcp-socket.start-bind"
    (func $bind_tcp (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:sockets/udp-create-socket@0.2.0" "create-udp-socket"
    (func $create_udp_socket (param i32 i32)))
  (import "wasi:sockets/udp@0.2.0" "[method]udp-socket.start-bind"
    (func $bind_udp (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:sockets/udp@0.2.0" "[method]udp-socket.finish-bind"
    (func $finish_bind (param i32 i32)))
  (import "wasi:sockets/udp@0.2.0" "[method]udp-socket.stream"
    (func $streams (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:sockets/udp@0.2.0" "[method]outgoing-datagram-stream.check-send"
    (func $check_send (param i32 i32)))
  (import "wasi:sockets/udp@0.2.0" "[method]outgoing-datagram-stream.send"
    (func $send (param i32 i32 i32 i32)))
  (import "wasi:sockets/udp@0.2.0" "[method]incoming-datagram-stream.subscribe"
    (func $subscribe_datagrams (param i32) (result i32)))
  (import "wasi:sockets/udp@0.2.0" "[method]incoming-datagram-stream.receive"
    (func $receive (param i32 i64 i32)))
  (import "wasi:sockets/ip-name-lookup@0.2.0" "resolve-addresses"
    (func $resolve (param i32 i32 i32 i32)))
  (import "wasi:sockets/ip-name-lookup@0.2.0" "[method]resolve-address-stream.subscribe"
    (func $subscribe_addresses (param i32) (result i32)))
  (import "wasi:sockets/ip-name-lookup@0.2.0" "[method]resolve-address-stream.resolve-next-address"
    (func $next_address (param i32 i32)))
  (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:io/poll@0.2.0" "[resource-drop]pollable" (func $drop_pollable (param i32)))
  (import "wasi:http/types@0.2.0" "[constructor]fields" (func $new_fields (result i32)))
  (import "wasi:http/types@0.2.0" "[constructor]outgoing-request"
    (func $new_request (param i32) (result i32)))
  (import "wasi:http/types@0.2.0" "[method]outgoing-request.set-authority"
    (func $set_authority (param i32 i32 i32 i32) (result i32)))
  (import "wasi:http/types@0.2.0" "[method]outgoing-request.set-scheme"
    (func $set_scheme (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi:http/types@0.2.0" "[method]outgoing-request.set-path-with-query"
    (func $set_path (param i32 i32 i32 i32) (result i32)))
  (import "wasi:http/types@0.2.0" "[method]incoming-response.status"
    (func $status (param i32) (result i32)))
  (import "wasi:http/types@0.2.0" "[method]future-incoming-response.subscribe"
    (func $subscribe_response (param i32) (result i32)))
  (import "wasi:http/types@0.2.0" "[method]future-incoming-response.get"
    (func $get_response (param i32 i32)))
  (import "wasi:http/outgoing-handler@0.2.0" "handle"
    (func $handle (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "/")
  (global $free (mut i32) (i32.const 1024))
  ;; Aligned for whatever it is, and never given back.
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    global.get $free
    (global.set $free (i32.and (i32.const -8)
      (i32.add (i32.add (global.get $free) (local.get $size)) (i32.const 7)))))

  (func $wait (param $pollable i32)
    (call $block (local.get $pollable))
    (call $drop_pollable (local.get $pollable)))

  (func (export "connect") (param $port i32) (result i32)
    (local $socket i32)
    (call $create_tcp_socket (i32.const 0) (i32.const 64))
    (if (i32.load8_u (i32.const 64))
      (then (return (i32.add (i32.load8_u (i32.const 68)) (i32.const 101)))))
    (local.set $socket (i32.load (i32.const 68)))
    (call $start_connect (local.get $socket) (call $instance_network)
      (i32.const 0) (local.get $port)
      (i32.const 127) (i32.const 0) (i32.const 0) (i32.const 1)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 64))
    (if (i32.load8_u (i32.const 64))
      (then (return (i32.add (i32.load8_u (i32.const 65)) (i32.const 201)))))
    (loop $again
      (call $wait (call $subscribe_socket (local.get $socket)))
      (call $finish_connect (local.get $socket) (i32.const 64))
      (if (i32.eqz (i32.load8_u (i32.const 64))) (then (return (i32.const 0))))
      ;; 8 is would-block.
      (br_if $again (i32.eq (i32.load8_u (i32.const 68)) (i32.const 8))))
    (i32.add (i32.load8_u (i32.const 68)) (i32.const 1)))

  ;; Binds a socket to a port of the system's choice: 0 if it could.
  (func $bind (param $udp i32) (param $socket i32) (result i32)
    (if (local.get $udp)
      (then
        (call $bind_udp (local.get $socket) (call $instance_network)
          (i32.const 0) (i32.const 0)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
          (i32.const 64)))
      (else
        (call $bind_tcp (local.get $socket) (call $instance_network)
          (i32.const 0) (i32.const 0)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
          (i32.const 64))))
    (if (result i32) (i32.load8_u (i32.const 64))
      (then (i32.add (i32.load8_u (i32.const 65)) (i32.const 201)))
      (else (i32.const 0))))

  (func (export "bind") (param $udp i32) (result i32)
    (if (local.get $udp)
      (then (call $create_udp_socket (i32.const 0) (i32.const 64)))
      (else (call $create_tcp_socket (i32.const 0) (i32.const 64))))
    (if (i32.load8_u (i32.const 64))
      (then (return (i32.add (i32.load8_u (i32.const 68)) (i32.const 101)))))
    (call $bind (local.get $udp) (i32.load (i32.const 68))))

  (func (export "exchange") (param $port i32) (result i32)
    (local $socket i32) (local $in i32) (local $out i32) (local $left i32) (local $sum i32)
    (call $create_udp_socket (i32.const 0) (i32.const 64))
    (if (i32.load8_u (i32.const 64)) (then (unreachable)))
    (local.set $socket (i32.load (i32.const 68)))
    (if (call $bind (i32.const 1) (local.get $socket)) (then (unreachable)))
    (call $finish_bind (local.get $socket) (i32.const 64))
    (call $streams (local.get $socket)
      (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 64))
    (if (i32.load8_u (i32.const 64)) (then (unreachable)))
    (local.set $in (i32.load (i32.const 68)))
    (local.set $out (i32.load (i32.const 72)))
    (call $check_send (local.get $out) (i32.const 64))
    ;; One byte, to an address: some, of IPv4.
    (i32.store (i32.const 128) (i32.const 0))
    (i32.store (i32.const 132) (i32.const 1))
    (i32.store8 (i32.const 136) (i32.const 1))
    (i32.store8 (i32.const 140) (i32.const 0))
    (i32.store16 (i32.const 144) (local.get $port))
    (i32.store (i32.const 146) (i32.const 0x0100007f))
    (call $send (local.get $out) (i32.const 128) (i32.const 1) (i32.const 64))
    (if (i32.load8_u (i32.const 64))
      (then (return (i32.add (i32.load8_u (i32.const 72)) (i32.const 1)))))
    (call $wait (call $subscribe_datagrams (local.get $in)))
    (call $receive (local.get $in) (i64.const 16) (i32.const 64))
    (if (i32.load8_u (i32.const 64)) (then (unreachable)))
    (local.set $left (i32.load (i32.const 72)))
    (local.set $sum (i32.mul (local.get $left) (i32.const 1000)))
    (loop $next
      (if (local.get $left)
        (then
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          ;; Each is 40 bytes long, and begins with where its data is.
          (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.load
            (i32.add (i32.load (i32.const 68)) (i32.mul (local.get $left) (i32.const 40)))))))
          (br $next))))
    (local.get $sum))

  (func (export "lookup") (param $name i32) (param $length i32) (result i32)
    (local $addresses i32)
    (call $resolve (call $instance_network) (local.get $name) (local.get $length) (i32.const 64))
    (if (i32.load8_u (i32.const 64))
      (then (return (i32.add (i32.load8_u (i32.const 68)) (i32.const 1)))))
    (local.set $addresses (i32.load (i32.const 68)))
    (call $wait (call $subscribe_addresses (local.get $addresses)))
    (call $next_address (local.get $addresses) (i32.const 64))
    (if (i32.load8_u (i32.const 64))
      (then (return (i32.add (i32.load8_u (i32.const 66)) (i32.const 1)))))
    (select (i32.const 0) (i32.const 99) (i32.load8_u (i32.const 66))))

  (func (export "request") (param $secure i32) (param $authority i32) (param $length i32) (result i32)
    (local $request i32)
    (local $response i32)
    (local.set $request (call $new_request (call $new_fields)))
    (if (call $set_scheme (local.get $request)
          (i32.const 1) (local.get $secure) (i32.const 0) (i32.const 0))
      (then (unreachable)))
    (if (call $set_authority (local.get $request)
          (i32.const 1) (local.get $authority) (local.get $length))
      (then (unreachable)))
    (if (call $set_path (local.get $request) (i32.const 1) (i32.const 0) (i32.const 1))
      (then (unreachable)))
    (call $handle (local.get $request) (i32.const 0) (i32.const 0) (i32.const 64))
    (if (i32.load8_u (i32.const 64))
      (then (return (i32.add (i32.load8_u (i32.const 72)) (i32.const 1)))))
    (local.set $response (i32.load (i32.const 72)))
    (call $wait (call $subscribe_response (local.get $response)))
    (call $get_response (local.get $response) (i32.const 64))
    ;; Some, and ok: the first time of asking after the wait.
    (if (i32.or (i32.eqz (i32.load8_u (i32.const 64))) (i32.load8_u (i32.const 72)))
      (then (unreachable)))
    (if (i32.eqz (i32.load8_u (i32.const 80)))
      (then (return (call $status (i32.load (i32.const 88))))))
    (i32.add (i32.load8_u (i32.const 88)) (i32.const 1))))

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
  ;; Texts that come with error codes end up here and are not looked at.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))

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

(module
  (import "wasi:clocks/monotonic-clock@0.2.3" "subscribe-duration" (func $subscribe (param i64) (result i32)))
  (import "wasi:io/poll@0.2.3" "[resource-drop]pollable" (func $drop (param i32)))
  (import "demo:case/waiter" "look" (func $look (param i32) (result i32)))
  (func (export "run") (result i32)
    (local $pollable i32)
    (local.set $pollable (call $subscribe (i64.const 0)))
    (call $look (local.get $pollable))
    (call $drop (local.get $pollable))))

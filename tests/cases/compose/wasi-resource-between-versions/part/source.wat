(module
  (import "wasi:io/poll@0.2.3" "[method]pollable.ready" (func $ready (param i32) (result i32)))
  (import "wasi:io/poll@0.2.3" "[resource-drop]pollable" (func $drop (param i32)))
  (func (export "demo:case/waiter#look") (param $pollable i32) (result i32)
    (drop (call $ready (local.get $pollable)))
    (call $drop (local.get $pollable))
    i32.const 42))

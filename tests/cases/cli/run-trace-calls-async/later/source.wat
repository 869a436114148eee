;; A function that returns at once, and an async one.
(component
  (core module $m
    (import "host" "return" (func $return (param i32)))
    (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "next") (param i32) (result i32)
      (call $return (i32.add (local.get 0) (i32.const 1)))
      (i32.const 0))
    (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
  (core func $return (canon task.return (result u32)))
  (core instance $i
    (instantiate $m (with "host" (instance (export "return" (func $return))))))
  (func (export "add") (param "x" u32) (result u32) (canon lift (core func $i "add")))
  (func (export "next") async (param "x" u32) (result u32)
    (canon lift (core func $i "next") async (callback (func $i "callback")))))

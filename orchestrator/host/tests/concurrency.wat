;; Async functions: one that returns at once, one that never does, one that waits for nothing.
(component
  (core module $module
    (import "host" "return" (func $return (param i32)))
    (import "host" "new-set" (func $new-set (result i32)))
    (func (export "next") (param i32) (result i32)
      (call $return (i32.add (local.get 0) (i32.const 1)))
      (i32.const 0))
    (func (export "spin") (param i32) (result i32)
      (loop $again (br $again))
      unreachable)
    (func (export "wait") (param i32) (result i32)
      ;; 2 says "wait", and above it stands for what: a set of nothing.
      (i32.or (i32.const 2) (i32.shl (call $new-set) (i32.const 4))))
    (func (export "callback") (param i32 i32 i32) (result i32)
      unreachable))
  (core func $return (canon task.return (result u32)))
  (core func $new-set (canon waitable-set.new))
  (core instance $instance
    (instantiate $module
      (with "host" (instance
        (export "return" (func $return))
        (export "new-set" (func $new-set))))))
  (type $function (func async (param "x" u32) (result u32)))
  (func (export "next") (type $function)
    (canon lift (core func $instance "next") async (callback (func $instance "callback"))))
  (func (export "spin") (type $function)
    (canon lift (core func $instance "spin") async (callback (func $instance "callback"))))
  (func (export "wait") (type $function)
    (canon lift (core func $instance "wait") async (callback (func $instance "callback")))))

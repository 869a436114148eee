(module
  (import "demo:case/store" "[constructor]token" (func $token (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "demo:case/maker#make") (result i32)
    (i32.store (i32.const 16) (call $token (i32.const 40)))
    (i32.store (i32.const 20) (i32.const 2))
    (i32.const 16)))

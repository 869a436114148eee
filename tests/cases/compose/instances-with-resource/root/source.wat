(module
  (import "demo:case/first" "[constructor]token" (func $one (param i32) (result i32)))
  (import "demo:case/first" "[method]token.value" (func $value-of-one (param i32) (result i32)))
  (import "demo:case/second" "[constructor]token" (func $two (param i32) (result i32)))
  (import "demo:case/second" "[method]token.value" (func $value-of-two (param i32) (result i32)))
  (func (export "run") (result i32)
    (i32.add
      (i32.mul (call $value-of-one (call $one (i32.const 3))) (i32.const 10))
      (call $value-of-two (call $two (i32.const 7))))))

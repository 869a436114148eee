(module
  (import "demo:case/first" "next" (func $one (result i32)))
  (import "demo:case/second" "next" (func $two (result i32)))
  (func (export "run") (result i32)
    (drop (call $one))
    (i32.add (i32.mul (call $one) (i32.const 10)) (call $two))))

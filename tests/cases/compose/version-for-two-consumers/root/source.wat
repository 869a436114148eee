(module
  (import "demo:case/left" "get" (func $one (result i32)))
  (import "demo:case/right" "get" (func $two (result i32)))
  (func (export "run") (result i32)
    (i32.add (i32.mul (call $one) (i32.const 10)) (call $two))))

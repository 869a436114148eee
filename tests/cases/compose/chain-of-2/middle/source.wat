(module
  (import "demo:case/second" "get" (func $get (result i32)))
  (func (export "demo:case/first#get") (result i32) (i32.mul (call $get) (i32.const 2))))

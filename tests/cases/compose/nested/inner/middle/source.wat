(module
  (import "demo:case/base" "get" (func $get (result i32)))
  (func (export "demo:case/number#get") (result i32) (i32.add (call $get) (i32.const 1))))

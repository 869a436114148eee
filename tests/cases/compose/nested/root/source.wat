(module
  (import "demo:case/number" "get" (func $get (result i32)))
  (func (export "run") (result i32) (i32.add (call $get) (i32.const 1))))

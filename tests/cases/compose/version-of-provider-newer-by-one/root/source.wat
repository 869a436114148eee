(module
  (import "demo:number/number@0.2.0" "get" (func $get (result i32)))
  (func (export "run") (result i32) (i32.add (call $get) (i32.const 1))))

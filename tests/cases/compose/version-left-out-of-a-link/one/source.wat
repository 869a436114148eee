(module
  (import "demo:number/number@0.2.0" "get" (func $get (result i32)))
  (func (export "demo:number/number@0.2.3#get") (result i32) (i32.add (call $get) (i32.const 1))))

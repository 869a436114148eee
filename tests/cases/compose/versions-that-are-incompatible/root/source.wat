(module
  (import "demo:number/number@1.4.0" "get" (func $one (result i32)))
  (import "demo:number/number@2.0.0" "get" (func $two (param i32) (result i32)))
  (func (export "run") (result i32) (call $two (i32.mul (call $one) (i32.const 10)))))

(module
  (import "demo:case/store" "[constructor]token" (func $token (param i32) (result i32)))
  (func (export "demo:case/maker#make") (result i32) (call $token (i32.const 42))))

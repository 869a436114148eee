(module
  (import "demo:store/store@0.2.0" "[constructor]token" (func $token (param i32) (result i32)))
  (func (export "demo:case/maker#make") (result i32) (call $token (i32.const 42))))

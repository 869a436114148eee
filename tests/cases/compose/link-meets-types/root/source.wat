(module
  (import "demo:case/sum" "add" (func $add (param i32 i32) (result i32)))
  (func (export "run") (result i32) (call $add (i32.const 3) (i32.const 4))))

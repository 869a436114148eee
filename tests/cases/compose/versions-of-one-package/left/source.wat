(module
  (import "demo:number/number@0.2.0" "get" (func $get (result i32)))
  (func (export "demo:case/left#get") (result i32) call $get))

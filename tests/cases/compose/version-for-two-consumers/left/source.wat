(module
  (import "demo:counter/counter@0.2.0" "next" (func $next (result i32)))
  (func (export "demo:case/left#get") (result i32) call $next))

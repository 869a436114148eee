(module
  (import "demo:counter/counter@0.2.3" "next" (func $next (result i32)))
  (func (export "demo:case/right#get") (result i32) call $next))

(module
  (import "demo:case/counter" "next" (func $next (result i32)))
  (func (export "demo:case/left#get") (result i32) call $next))

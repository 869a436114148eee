(component
  (import "wasi:keyvalue/store@0.2.0" (instance $other (export "call" (func (result u32)))))
  (core func $lowered (canon lower (func $other "call")))
  (core module $m
    (import "other" "call" (func $call (result i32)))
    (func (export "call") (result i32) call $call))
  (core instance $i (instantiate $m (with "other" (instance (export "call" (func $lowered))))))
  (func $call (result u32) (canon lift (core func $i "call")))
  (instance $out (export "call" (func $call)))
  (export "demo:ring/a" (instance $out)))

(component
  (import "demo:number/number@0.2.0" (instance $one (export "get" (func (result u32)))))
  (import "demo:number/number@0.2.3" (instance $two (export "get" (func (result u32)))))
  (core func $one (canon lower (func $one "get")))
  (core func $two (canon lower (func $two "get")))
  (core module $m
    (import "" "one" (func $one (result i32)))
    (import "" "two" (func $two (result i32)))
    (func (export "run") (result i32)
      (i32.add (i32.mul (call $one) (i32.const 10)) (call $two))))
  (core instance $i (instantiate $m
    (with "" (instance (export "one" (func $one)) (export "two" (func $two))))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))

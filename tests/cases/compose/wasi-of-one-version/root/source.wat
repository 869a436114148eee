(module
  (import "demo:case/number" "get" (func $get (result i32)))
  (import "wasi:random/random@0.2.3" "get-random-u64" (func $random (result i64)))
  (func (export "run") (result i32) (i32.add (call $get) (i64.ne (call $random) (i64.const 0)))))

(module
  (import "demo:case/first" "get" (func $first (result i32)))
  (import "demo:case/second" "get" (func $second (result i32)))
  (import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))
  (func (export "run") (result i32)
    (i32.add (i32.add (call $first) (call $second)) (i64.ne (call $random) (i64.const 0)))))

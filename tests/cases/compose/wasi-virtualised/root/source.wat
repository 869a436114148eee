(module
  (import "wasi:random/random@0.2.3" "get-random-u64" (func $random (result i64)))
  (func (export "run") (result i64) call $random))

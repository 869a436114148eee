(module
  (func (export "wasi:random/random@0.2.3#get-random-u64") (result i64) i64.const 4))

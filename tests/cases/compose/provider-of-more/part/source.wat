(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "demo:case/number#get") (result i32) i32.const 41)
  (func (export "demo:case/number#more") (param i32 i32) (result i32) unreachable)
  (func (export "demo:case/extra#get") (result i32) i32.const 0)
  (func (export "bare")))

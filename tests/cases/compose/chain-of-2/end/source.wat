(module
  (global $odd (mut i32) (i32.const 41))
  (func (export "demo:case/second#get") (result i32) (i32.div_u (global.get $odd) (i32.const 2))))

(module
  (func (export "demo:number/number@0.2.1#get") (result i32) i32.const 41))

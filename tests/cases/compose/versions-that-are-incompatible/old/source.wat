(module
  (func (export "demo:number/number@1.0.0#get") (result i32) i32.const 4))

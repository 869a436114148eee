(module
  (func (export "demo:number/number@2.0.0#get") (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 7))))

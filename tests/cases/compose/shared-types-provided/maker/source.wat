(module
  (func (export "demo:case/types#make") (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 4))))

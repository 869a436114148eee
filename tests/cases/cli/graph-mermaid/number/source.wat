(component
  (core module $m (func (export "start") (result i32) i32.const 21) (func (export "double") (param i32) (result i32) local.get 0 local.get 0 i32.add))
  (core instance $i (instantiate $m))
  (func (export "start") (result u32) (canon lift (core func $i "start")))
  (func (export "double") (param "n" u32) (result u32) (canon lift (core func $i "double"))))

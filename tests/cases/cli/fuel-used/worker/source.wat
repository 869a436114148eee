(component
  (core module $m
    (func (export "work") (result i32) (i32.add (i32.const 40) (i32.const 2))))
  (core instance $i (instantiate $m))
  (func (export "work") (result u32) (canon lift (core func $i "work"))))

(component
  (core module $m
    (func $work (export "work") (result i32) (i32.add (call $work) (i32.const 1))))
  (core instance $i (instantiate $m))
  (func (export "work") (result u32) (canon lift (core func $i "work"))))

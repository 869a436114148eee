(component
  (core module $m 
    (func $work (export "work") (result i32)
      (i32.div_u (i32.const 1) (i32.const 0))))
  (core instance $i (instantiate $m))
  (func (export "work") (result u32) (canon lift (core func $i "work"))))

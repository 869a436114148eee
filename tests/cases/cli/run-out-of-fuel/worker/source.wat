(component
  (core module $m 
    (func $work (export "work") (result i32)
      (loop br 0) unreachable))
  (core instance $i (instantiate $m))
  (func (export "work") (result u32) (canon lift (core func $i "work"))))

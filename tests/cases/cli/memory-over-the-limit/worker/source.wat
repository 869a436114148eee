(component
  (core module $m (memory 1)
    (func $work (export "work") (result i32)
      (memory.grow (i32.const 100))))
  (core instance $i (instantiate $m))
  (func (export "work") (result u32) (canon lift (core func $i "work"))))

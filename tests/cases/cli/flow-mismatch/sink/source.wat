(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "store") (param i32 i32) (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func (export "store") (param "data" (list u32)) (result u32)
    (canon lift (core func $i "store") (memory $i "memory") (realloc (func $i "realloc")))))

(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "length") (param i32 i32) (result i32) local.get 1)
    (func (export "twice") (param i32 i32) (result i32) (i32.mul (local.get 1) (i32.const 2)))
    (func (export "sum") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
  (core instance $i (instantiate $m))
  (func (export "length") (param "text" string) (result u32)
    (canon lift (core func $i "length") (memory $i "memory") (realloc (func $i "realloc"))))
  (func (export "twice") (param "text" string) (result u32)
    (canon lift (core func $i "twice") (memory $i "memory") (realloc (func $i "realloc"))))
  (func (export "sum") (param "one" u32) (param "other" u32) (result u32)
    (canon lift (core func $i "sum"))))

(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 8) "\10\00\00\00\05\00\00\00hello")
    ;; A text of five bytes, whose address and length are at 8.
    (func (export "work") (result i32) (i32.const 8)))
  (core instance $i (instantiate $m))
  (func (export "work") (result string)
    (canon lift (core func $i "work") (memory (core memory $i "memory")))))

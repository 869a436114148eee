(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "log") (param i32 i32))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func $f (param "text" string)
    (canon lift (core func $i "log") (memory $i "memory") (realloc (func $i "realloc"))))
  (instance $e (export "log" (func $f)))
  (export "demo:log/log" (instance $e)))

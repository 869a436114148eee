(component
  (import "demo:log/log" (instance (export "log" (func (param "text" string)))))
  (import "demo:more/more" (instance (export "f" (func))))
  (import "wasi:cli/exit@0.2.0" (instance (export "exit" (func (param "status" (result))))))
  (core module $m (func (export "answer") (result i32) i32.const 42))
  (core instance $i (instantiate $m))
  (func $answer (result u32) (canon lift (core func $i "answer")))
  (export "answer" (func $answer))
  (export "other" (func $answer)))

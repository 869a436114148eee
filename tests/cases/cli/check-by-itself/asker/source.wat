(component
  (import "demo:demo/demo" (instance $demo (export "answer" (func (result u32)))))
  (core func $answer (canon lower (func $demo "answer")))
  (core module $m
    (import "demo" "answer" (func $answer (result i32)))
    (func (export "ask") (result i32) (i32.add (call $answer) (i32.const 1))))
  (core instance $i (instantiate $m
    (with "demo" (instance (export "answer" (func $answer))))))
  (func (export "ask") (result u32) (canon lift (core func $i "ask"))))

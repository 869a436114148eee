(component
  (import "demo:log/log" (instance $log (export "write" (func))))
  (component $inner
    (import "demo:log/log" (instance $log (export "write" (func))))
    (core module $code
      (memory (export "memory") 1)
      (func (export "answer") (result i32) i32.const 42)
      (@producers (language "Rust" "1.95")))
    (core module (;one without a name;))
    (core instance $i (instantiate $code))
    (func $answer (result u32) (canon lift (core func $i "answer")))
    (export "answer" (func $answer)))
  (instance $made (instantiate $inner (with "demo:log/log" (instance $log))))
  (export "answer" (func $made "answer")))

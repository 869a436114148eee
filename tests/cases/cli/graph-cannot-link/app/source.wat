(component
  (import "demo:log/log@1.0.0" (instance $log (export "write" (func))))
  (import "wasi:clocks/wall-clock@0.2.3" (instance))
  (import "wasi:filesystem/types@0.2.3" (instance))
  (core func $write (canon lower (func $log "write")))
  (core module $m (import "log" "write" (func $write)) (func (export "answer") (result i32) call $write i32.const 42))
  (core instance $i (instantiate $m (with "log" (instance (export "write" (func $write))))))
  (func (export "answer") (result u32) (canon lift (core func $i "answer"))))

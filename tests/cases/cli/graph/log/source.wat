(component
  (import "wasi:clocks/wall-clock@0.2.3" (instance))
  (core module $m (func (export "write")))
  (core instance $i (instantiate $m))
  (func $write (canon lift (core func $i "write")))
  (instance $log (export "write" (func $write)))
  (export "demo:log/log@1.1.0" (instance $log)))

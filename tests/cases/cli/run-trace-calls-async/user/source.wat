;; It calls what is not async, of a component that has something which is.
(component
  (import "add" (func $add (param "x" u32) (result u32)))
  (core func $lowered (canon lower (func $add)))
  (core module $m
    (import "host" "add" (func $add (param i32) (result i32)))
    (func (export "use-it") (param i32) (result i32) (call $add (local.get 0))))
  (core instance $host (export "add" (func $lowered)))
  (core instance $i (instantiate $m (with "host" (instance $host))))
  (func (export "use-it") (param "x" u32) (result u32) (canon lift (core func $i "use-it"))))

;; It answers the first call.
(component
  (core module $m
    (global $calls (mut i32) (i32.const 0))
    (func $refuse (if (i32.gt_u (global.get $calls) (i32.const 1)) (then unreachable)))
    (func $once (export "once") (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (call $refuse)
      (global.get $calls)))
  (core instance $i (instantiate $m))
  (func (export "once") (result u32) (canon lift (core func $i "once"))))

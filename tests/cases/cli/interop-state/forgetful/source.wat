;; A counter that hears nothing after the third time.
(component
  (core module $m
    (global $total (mut i32) (i32.const 0))
    (global $calls (mut i32) (i32.const 0))
    (func (export "add") (param $by i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (if (i32.le_u (global.get $calls) (i32.const 3)) (then (global.set $total (i32.add (global.get $total) (local.get $by))))))
    (func (export "total") (result i32)
      global.get $total))
  (core instance $i (instantiate $m))
  (func (export "add") (param "by" u8) (canon lift (core func $i "add")))
  (func (export "total") (result u32) (canon lift (core func $i "total"))))

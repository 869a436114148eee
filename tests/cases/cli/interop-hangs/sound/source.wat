;; Half of a number.
(component
  (core module $m
    (func (export "half") (param $of i32) (result i32)
      (i32.shr_u (local.get $of) (i32.const 1))))
  (core instance $i (instantiate $m))
  (func (export "half") (param "of" u8) (result u8) (canon lift (core func $i "half"))))

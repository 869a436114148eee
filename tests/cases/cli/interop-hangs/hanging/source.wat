;; Half of a number, of all that are small.
(component
  (core module $m
    (func (export "half") (param $of i32) (result i32)
      (if (i32.ge_u (local.get $of) (i32.const 100)) (then (loop $for_ever (br $for_ever))))
      (i32.shr_u (local.get $of) (i32.const 1))))
  (core instance $i (instantiate $m))
  (func (export "half") (param "of" u8) (result u8) (canon lift (core func $i "half"))))

;; Gives back numbers, but traps at the largest and takes -1 for 0; tells one from two.
(component
  (core module $m
    (func (export "same") (param $number i32) (result i32)
      (if (i32.eq (local.get $number) (i32.const 127)) (then unreachable))
      (select (i32.const 0) (local.get $number) (i32.eq (local.get $number) (i32.const -1))))
    (func (export "kept") (param $number f64) (result f64)
      local.get $number)
    (func (export "is-less") (param $one i32) (param $two i32) (result i32)
      (i32.lt_s (local.get $one) (local.get $two))))
  (core instance $i (instantiate $m))
  (func (export "same") (param "number" s8) (result s8) (canon lift (core func $i "same")))
  (func (export "kept") (param "number" f64) (result f64) (canon lift (core func $i "kept")))
  (func (export "is-less") (param "one" s8) (param "two" s8) (result bool)
    (canon lift (core func $i "is-less"))))

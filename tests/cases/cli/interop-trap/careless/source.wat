;; It traps where it is to divide by zero.
(component
  (core module $m
    (func $quotient (param $one i32) (param $by i32) (result i32)
      (i32.div_u (local.get $one) (local.get $by)))
    (func $divide (export "divide") (param $one i32) (param $by i32) (result i32)
      (call $quotient (local.get $one) (local.get $by))))
  (core instance $i (instantiate $m))
  (func (export "divide") (param "one" u8) (param "by" u8) (result u8) (canon lift (core func $i "divide"))))

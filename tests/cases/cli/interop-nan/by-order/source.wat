;; A number below zero, or minus zero.
(component
  (core module $m
    (func (export "is-negative") (param $it f64) (result i32)
      (i32.or
        (f64.lt (local.get $it) (f64.const 0))
        ;; Minus zero is not less than zero.
        (i64.eq (i64.reinterpret_f64 (local.get $it)) (i64.const 0x8000000000000000)))))
  (core instance $i (instantiate $m))
  (func (export "is-negative") (param "it" f64) (result bool) (canon lift (core func $i "is-negative"))))

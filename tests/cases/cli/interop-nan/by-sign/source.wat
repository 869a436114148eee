;; The bit of the sign, which a NaN has as well.
(component
  (core module $m
    (func (export "is-negative") (param $it f64) (result i32)
      (i32.wrap_i64 (i64.shr_u (i64.reinterpret_f64 (local.get $it)) (i64.const 63)))))
  (core instance $i (instantiate $m))
  (func (export "is-negative") (param "it" f64) (result bool) (canon lift (core func $i "is-negative"))))

;; Nothing goes into anything no times.
(component
  (core module $m
    (func (export "divide") (param $one i32) (param $by i32) (result i32)
      (if (result i32) (local.get $by)
        (then (i32.div_u (local.get $one) (local.get $by)))
        (else (i32.const 0)))))
  (core instance $i (instantiate $m))
  (func (export "divide") (param "one" u8) (param "by" u8) (result u8) (canon lift (core func $i "divide"))))

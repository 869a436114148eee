(component
  (core module $m
    (func (export "double") (param $number i64) (result i64)
      (i64.shl (local.get $number) (i64.const 1))))
  (core instance $i (instantiate $m))
  (func $double (param "number" u64) (result u64) (canon lift (core func $i "double")))
  (instance $doubling (export "double" (func $double)))
  (export "demo:numbers/doubling@0.1.0" (instance $doubling)))

(component
  (core module $m
    (func (export "double") (param $number i32) (result i32)
      (i32.shl (local.get $number) (i32.const 1))))
  (core instance $i (instantiate $m))
  (func $double (param "number" u32) (result u32) (canon lift (core func $i "double")))
  (instance $doubling (export "double" (func $double)))
  (export "demo:numbers/doubling@0.1.0" (instance $doubling)))

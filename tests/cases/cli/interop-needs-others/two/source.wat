(component
  (import "demo:numbers/doubling@0.1.0" (instance $other
    (export "double" (func (param "number" u32) (result u32)))))
  (core func $lowered (canon lower (func $other "double")))
  (core module $m
    (import "other" "double" (func $other (param i32) (result i32)))
    (func (export "double") (param $number i32) (result i32)
      (call $other (local.get $number))))
  (core instance $i (instantiate $m (with "other" (instance (export "double" (func $lowered))))))
  (func $double (param "number" u32) (result u32) (canon lift (core func $i "double")))
  (instance $doubling (export "double" (func $double)))
  (export "demo:numbers/doubling@0.1.0" (instance $doubling)))

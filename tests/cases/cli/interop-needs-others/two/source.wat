(component
  (import "demo:numbers/doubling@0.1.0" (instance $doubling
    (export "double" (func (param "number" u32) (result u32)))))
  (export "demo:numbers/doubling@0.1.0" (instance $doubling)))

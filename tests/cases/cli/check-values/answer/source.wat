(component
  (core module $m (func (export "third") (result f64) (f64.div (f64.const 1) (f64.const 3))))
  (core instance $i (instantiate $m))
  (func (export "third") (result f64) (canon lift (core func $i "third"))))

(module
  (func (export "demo:case/sum#add") (param $a i32) (param $b i32) (result i32)
    (i32.add (local.get $a) (local.get $b))))

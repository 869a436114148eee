(module
  (import "demo:case/store" "[constructor]token" (func $token (param i32) (result i32)))
  (import "[export]demo:case/boxes" "[resource-new]box" (func $new (param i32) (result i32)))
  (func (export "demo:case/boxes#[constructor]box") (param $value i32) (result i32)
    (call $new (local.get $value)))
  (func (export "demo:case/boxes#[method]box.open") (param $value i32) (result i32)
    (call $token (local.get $value))))

(module
  (import "[export]demo:case/store" "[resource-new]token" (func $new (param i32) (result i32)))
  (func (export "demo:case/store#[constructor]token") (param $value i32) (result i32)
    (call $new (local.get $value)))
  (func (export "demo:case/store#[method]token.value") (param $value i32) (result i32)
    local.get $value))

(module
  (import "[export]demo:store/store@0.2.1" "[resource-new]token" (func $new (param i32) (result i32)))
  (func (export "demo:store/store@0.2.1#[constructor]token") (param $value i32) (result i32)
    (call $new (local.get $value)))
  (func (export "demo:store/store@0.2.1#[method]token.value") (param $value i32) (result i32)
    local.get $value))

(module
  (import "demo:case/store" "[method]token.value" (func $value (param i32) (result i32)))
  (import "demo:case/store" "[resource-drop]token" (func $drop (param i32)))
  (func (export "demo:case/reader#read") (param $token i32) (result i32)
    (call $value (local.get $token))
    (call $drop (local.get $token))))

(module
  (import "demo:case/maker" "make" (func $make (result i32)))
  (import "demo:case/reader" "read" (func $read (param i32) (result i32)))
  (import "demo:case/store" "[resource-drop]token" (func $drop (param i32)))
  (func (export "run") (result i32)
    (local $token i32)
    (local.set $token (call $make))
    (call $read (local.get $token))
    (call $drop (local.get $token))))

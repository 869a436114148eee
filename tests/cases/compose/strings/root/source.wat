(module
  (import "demo:case/echo" "echo" (func $echo (param i32 i32 i32)))
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 64))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    global.get $free
    (global.set $free (i32.add (global.get $free) (local.get 3))))
  (func (export "run") (param $text i32) (param $length i32) (result i32)
    (call $echo (local.get $text) (local.get $length) (i32.const 8))
    i32.const 8))

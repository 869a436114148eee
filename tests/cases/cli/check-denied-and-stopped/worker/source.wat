(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "the seventh sink is full\n  while storing 3 of 4\n")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (i32.mul (i32.const 65536) (memory.grow
      (i32.div_u (i32.add (local.get 3) (i32.const 65535)) (i32.const 65536)))))
  (func $store (result i32)
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 48))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
    unreachable)
  (func (export "crash") (result i32) (call $store)))

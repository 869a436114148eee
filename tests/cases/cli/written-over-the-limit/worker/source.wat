;; Makes a file of a terabyte of holes, and traps if it may.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $set-size (param i32 i64) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "file")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (i32.mul (i32.const 65536) (memory.grow
      (i32.div_u (i32.add (local.get 3) (i32.const 65535)) (i32.const 65536)))))
  (func (export "fill")
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 1)
      (i64.const 0x400040) (i64.const 0) (i32.const 0) (i32.const 16)))
    (drop (call $set-size (i32.load (i32.const 16)) (i64.const 0x10000000000)))
    (unreachable)))

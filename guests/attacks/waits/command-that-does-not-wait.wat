;; A command that asks for input without waiting, for ever.
;; @expect ERR_LIMIT_HOST_CALLS at deploy
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $flags (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\10\00\00\00\10\00\00")
  (func (export "_start")
    (drop (call $flags (i32.const 0) (i32.const 4)))
    (loop $again (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))) (br $again))))

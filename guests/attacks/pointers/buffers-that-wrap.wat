;; Writes a buffer whose end wraps 32 bits.
;; @expect harmless
;; @grants {"log": "info"}
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\f0\ff\ff\ff\20\00\00\00")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.ne (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)) (i32.const 21))))

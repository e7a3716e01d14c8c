;; Writes 64 KiB of line ends to standard output, in one call.
;; @expect harmless
;; @grants {"log": "info"}
;; @messages 3
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 0) "\00\10\00\00\00\00\01\00")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (memory.fill (i32.const 4096) (i32.const 10) (i32.const 65536))
    (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64))))

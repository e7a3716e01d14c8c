;; Writes a thousand buffers that each are the whole memory: more is counted than there is.
;; @expect ERR_LIMIT_FUEL
;; @grants {"log": "info"}
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 16)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $at i32)
    (loop $next
      (i32.store (local.get $at) (i32.const 0))
      (i32.store offset=4 (local.get $at) (i32.const 1048576))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 8000))))
    (call $write (i32.const 1) (i32.const 0) (i32.const 1000) (i32.const 64))))

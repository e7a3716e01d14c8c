;; Closes every descriptor there is, twice, and writes to them.
;; @expect harmless
;; @grants {"log": "info"}
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "caxton" "log" (func $log (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $fd i32)
    (loop $next (drop (call $close (local.get $fd))) (drop (call $close (local.get $fd)))
      (br_if $next (i32.lt_u (local.tee $fd (i32.add (local.get $fd) (i32.const 1))) (i32.const 1000))))
    (i32.ne (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)) (i32.const 8))))

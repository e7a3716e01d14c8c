;; A command that writes thousands of lines that are no messages, then reads on.
;; @expect harmless
;; @messages 2
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\10\00\00\00\10\00\00") (data (i32.const 16) "\20\00\00\00\02\00\00\00") (data (i32.const 32) "{\0a")
  (func (export "_start") (local $left i32)
    (loop $next
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (local.set $left (i32.const 2000))
      (loop $again
        (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8)))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (br_if $next (i32.load (i32.const 8))))))

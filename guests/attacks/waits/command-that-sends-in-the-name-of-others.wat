;; A command that writes a message of the user, and one without a grant.
;; @expect harmless
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\10\00\00\00\10\00\00") (data (i32.const 16) "\20\00\00\00\8c\00\00\00")
  (data (i32.const 32) "{\22performative\22:\22request\22,\22sender\22:\22user\22,\22receiver\22:\22neighbour\22}\0a{\22performative\22:\22request\22,\22receiver\22:\22neighbour\22,\22content\22:1}\0a     \0a")
  (func (export "_start")
    (loop $next
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 12)))
      (br_if $next (i32.load (i32.const 8))))))

;; Reads the entries of a directory of the host from cookies that it never got, for ever.
;; @expect ERR_LIMIT_FUEL
;; @grants {"files": [{"at": "/", "host": "guests/attacks/files"}]}
;; @limits {"fuel": "20M"}
(module
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 65536))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $index i32)
    (loop $again
      (drop (call $fd_readdir (i32.const 3) (i32.const 4096) (i32.const 25) (i64.extend_i32_u (local.get $index)) (i32.const 8)))
      (drop (call $fd_readdir (i32.const 3) (i32.const 4096) (i32.const 4096) (i64.sub (i64.const -1) (i64.extend_i32_u (local.get $index))) (i32.const 8)))
      (local.set $index (i32.rem_u (i32.add (local.get $index) (i32.const 7)) (i32.const 100)))
      (br $again))
    (unreachable)))

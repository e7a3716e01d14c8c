;; Writes a byte at the end of all numbers, and every 64 KiB of a megabyte again and again.
;; @expect ERR_LIMIT_FUEL
;; @grants {"files": [{"at": "/", "memory": "1MiB"}]}
;; @limits {"fuel": "20M"}
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $fd_filestat_set_size (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $fd_pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 1024) "file") (data (i32.const 16) "\00\04\00\00\01\00\00\00")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 65536))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $index i32)
    (drop (call $open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const 4) (i32.const 1)
        (i64.const 0x0fffffff) (i64.const 0x0fffffff) (i32.const 0) (i32.const 2048)))
    (drop (call $fd_pwrite (i32.load (i32.const 2048)) (i32.const 16) (i32.const 1) (i64.const 0x7fffffffffffffff) (i32.const 8)))
    (loop $again
      (drop (call $fd_pwrite (i32.load (i32.const 2048)) (i32.const 16) (i32.const 1)
        (i64.extend_i32_u (i32.shl (local.tee $index (i32.add (local.get $index) (i32.const 1))) (i32.const 16))) (i32.const 8)))
      (if (i32.eq (local.get $index) (i32.const 15)) (then (local.set $index (i32.const 0))
        (drop (call $fd_filestat_set_size (i32.load (i32.const 2048)) (i64.const 0)))))
      (br $again))
    (unreachable)))

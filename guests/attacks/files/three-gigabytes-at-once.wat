;; Sets the size of a file to three gigabytes, and to what no number of 53 bits holds.
;; @expect harmless
;; @grants {"files": [{"at": "/", "memory": "1MiB"}]}
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $fd_filestat_set_size (param i32 i64) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 1024) "file")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 65536))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $index i32)
    (drop (call $open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const 4) (i32.const 1)
        (i64.const 0x0fffffff) (i64.const 0x0fffffff) (i32.const 0) (i32.const 2048)))
    ;; NOSPC, FBIG
    (i32.or
      (i32.ne (call $fd_filestat_set_size (i32.load (i32.const 2048)) (i64.const 3000000000)) (i32.const 51))
      (i32.ne (call $fd_filestat_set_size (i32.load (i32.const 2048)) (i64.const -1)) (i32.const 22)))))

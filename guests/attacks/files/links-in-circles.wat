;; Opens a link that leads to itself, by way of a thousand steps, for ever.
;; @expect ERR_LIMIT_FUEL
;; @grants {"files": [{"at": "/", "memory": "1MiB"}]}
;; @limits {"fuel": "20M"}
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func $path_symlink (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 1024) "file") (data (i32.const 4096) "{{1000 * ./}}file")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 65536))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $index i32)
    (drop (call $path_symlink (i32.const 4096) (i32.const 2004) (i32.const 3) (i32.const 1024) (i32.const 4)))
    (loop $again
      (br_if $again (i32.eq (call $open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const 4) (i32.const 0)
        (i64.const 0x0fffffff) (i64.const 0x0fffffff) (i32.const 0) (i32.const 2048)) (i32.const 32))))
    (i32.const 1)))

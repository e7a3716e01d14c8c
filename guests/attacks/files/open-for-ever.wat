;; Opens a file three thousand times and closes none of them.
;; @expect harmless
;; @grants {"files": [{"at": "/", "memory": "1MiB"}]}
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 1024) "file")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 65536))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $index i32)
    (loop $again
      (drop (call $open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const 4) (i32.const 1)
        (i64.const 0x0fffffff) (i64.const 0x0fffffff) (i32.const 0) (i32.const 2048)))
      (br_if $again (i32.lt_u (local.tee $index (i32.add (local.get $index) (i32.const 1))) (i32.const 3000))))
    ;; MFILE
    (i32.ne (call $open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const 4) (i32.const 1)
        (i64.const 0x0fffffff) (i64.const 0x0fffffff) (i32.const 0) (i32.const 2048)) (i32.const 33))))

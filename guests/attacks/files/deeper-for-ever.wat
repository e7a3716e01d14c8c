;; Makes a directory, opens it, makes one in there, and so on.
;; @expect harmless
;; @grants {"files": [{"at": "/", "memory": "1MiB"}]}
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $path_create_directory (param i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 1024) "file")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 65536))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $index i32)
    (i32.store (i32.const 2048) (i32.const 3))
    (loop $again
      (br_if $again (i32.eqz (i32.or
        (call $path_create_directory (i32.load (i32.const 2048)) (i32.const 1024) (i32.const 4))
        (call $open (i32.load (i32.const 2048)) (i32.const 0) (i32.const 1024) (i32.const 4) (i32.const 2)
          (i64.const 0x0fffff3f) (i64.const 0x0fffff3f) (i32.const 0) (i32.const 2048))))))
    ;; MLINK
    (i32.ne (call $path_create_directory (i32.load (i32.const 2048)) (i32.const 1024) (i32.const 4)) (i32.const 34))))

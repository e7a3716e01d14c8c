;; Makes, empties, renames and removes files in a directory of the host that is read-only.
;; @expect harmless
;; @grants {"files": [{"at": "/", "host": "guests/attacks/files"}]}
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $path_unlink_file (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func $path_rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $path_create_directory (param i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 1024) "file") (data (i32.const 1040) "open-for-ever.wat")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 65536))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $index i32)
    ;; ROFS, but NOENT for what is not there
    (i32.or
      (i32.ne (call $open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const 4) (i32.const 1)
        (i64.const 0x0fffffff) (i64.const 0x0fffffff) (i32.const 0) (i32.const 2048)) (i32.const 69))
      (i32.or
        (i32.ne (call $open (i32.const 3) (i32.const 1) (i32.const 1040) (i32.const 17) (i32.const 8)
        (i64.const 0x0fffffff) (i64.const 0x0fffffff) (i32.const 0) (i32.const 2048)) (i32.const 69))
        (i32.or
          (i32.ne (call $path_unlink_file (i32.const 3) (i32.const 1040) (i32.const 17)) (i32.const 69))
          (i32.or
            (i32.ne (call $path_rename (i32.const 3) (i32.const 1040) (i32.const 17) (i32.const 3) (i32.const 1024) (i32.const 4)) (i32.const 69))
            (i32.ne (call $path_create_directory (i32.const 3) (i32.const 1024) (i32.const 4)) (i32.const 69))))))))

;; Passes every function of files pointers that wrap and lengths without end, with a directory that is open.
;; @expect harmless
;; @grants {"files": [{"at": "/", "memory": "1MiB"}]}
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func $path_rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $path_create_directory (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $fd_pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 1024) "file")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 65536))
  (func $wild (param $index i32) (result i32)
    (i32.sub (i32.rotr (i32.const 0x00020003) (local.get $index)) (i32.const 3)))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $index i32)
    (loop $again
      (drop (call $open (i32.const 3) (i32.const 0) (call $wild (local.get $index)) (i32.const 4) (i32.const 1) (i64.const -1) (i64.const -1)
        (i32.const 0) (call $wild (i32.add (local.get $index) (i32.const 1)))))
      (drop (call $open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 4) (i32.const 1) (i64.const 0) (i64.const 0)
        (i32.const 0) (call $wild (local.get $index))))
      (drop (call $path_rename (i32.const 3) (call $wild (local.get $index)) (call $wild (i32.add (local.get $index) (i32.const 2)))
        (i32.const 3) (call $wild (i32.add (local.get $index) (i32.const 1))) (i32.const 4096)))
      (drop (call $path_create_directory (i32.const 3) (call $wild (local.get $index)) (i32.const 255)))
      (drop (call $fd_readdir (i32.const 3) (call $wild (local.get $index)) (call $wild (i32.add (local.get $index) (i32.const 1)))
        (i64.const -1) (call $wild (local.get $index))))
      (drop (call $fd_pwrite (i32.const 4) (call $wild (local.get $index)) (i32.const 1) (i64.const -1) (call $wild (local.get $index))))
      (br_if $again (i32.lt_u (local.tee $index (i32.add (local.get $index) (i32.const 1))) (i32.const 64))))
    (i32.const 0)))

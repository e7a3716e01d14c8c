;; Makes directories for ever, each with another name.
;; @expect ERR_LIMIT_FUEL
;; @grants {"files": [{"at": "/", "memory": "1MiB", "files": 1000000}]}
;; @limits {"fuel": "20M"}
(module
  (import "wasi_snapshot_preview1" "path_create_directory" (func $path_create_directory (param i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 1024) "file")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 65536))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $index i32)
    (loop $again
      (i32.store (i32.const 1024) (local.tee $index (i32.add (local.get $index) (i32.const 0x01010101))))
      (drop (call $path_create_directory (i32.const 3) (i32.const 1024) (i32.const 4)))
      (br $again))
    (unreachable)))

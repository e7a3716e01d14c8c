;; Is granted a directory whose files are doors into the kernel.
;; @expect ERR_CONFIG_INVALID at deploy
;; @grants {"files": [{"at": "/", "host": "/proc"}]}
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 65536))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $index i32)
    (i32.const 0)))

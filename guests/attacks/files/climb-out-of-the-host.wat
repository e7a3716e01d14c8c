;; Opens what lies above a granted directory of the host, and absolute paths.
;; @expect harmless
;; @grants {"files": [{"at": "/", "host": "guests/attacks/files"}]}
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 1024) "../../../../package.json") (data (i32.const 1033) "../package.json") (data (i32.const 1072) "/proc/self/x")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 65536))
  (func $try (param $path i32) (param $length i32) (result i32)
    (call $open (i32.const 3) (i32.const 1) (local.get $path) (local.get $length) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 2048)))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $index i32)
    ;; NOTCAPABLE
    (i32.or
      (i32.ne (call $try (i32.const 1024) (i32.const 24)) (i32.const 76))
      (i32.or
        (i32.ne (call $try (i32.const 1033) (i32.const 15)) (i32.const 76))
        (i32.ne (call $try (i32.const 1072) (i32.const 12)) (i32.const 76))))))

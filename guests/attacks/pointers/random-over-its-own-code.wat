;; Overwrites all of its memory by random numbers.
;; @expect harmless
;; @grants {"random": "secure"}
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call $random (i32.const 0) (i32.const 65536))))

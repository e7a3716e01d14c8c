;; Asks for more than 2 GiB of random numbers at once, more than the host fills in one go.
;; @expect harmless
;; @grants {"random": "secure"}
;; @limits {"fuel": "1T", "memory": "3GiB", "wall": "60s"}
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 32769)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call $random (i32.const 0) (i32.const 0x80000010))))

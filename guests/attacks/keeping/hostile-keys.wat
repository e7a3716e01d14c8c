;; Names keys that are no text, contain zero bytes, are empty or too long.
;; @expect harmless
;; @grants {"store": {"bytes": "1MiB", "keys": 1000}}
(module
  (import "caxton" "store_data" (func $store (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\ff\fe\80")
  (data (i32.const 16) "a\00b")
  (data (i32.const 24) "__proto__")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $is (param i32 i32) (if (i32.ne (local.get 0) (local.get 1)) (then (unreachable))))
  (func (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call $is (call $store (i32.const 8) (i32.const 3) (i32.const 0) (i32.const 1)) (i32.const -3))
    (call $is (call $store (i32.const 16) (i32.const 3) (i32.const 0) (i32.const 1)) (i32.const -3))
    (call $is (call $store (i32.const 8) (i32.const 0) (i32.const 0) (i32.const 1)) (i32.const -3))
    (call $is (call $store (i32.const 256) (i32.const 257) (i32.const 0) (i32.const 1)) (i32.const -4))
    (call $is (call $store (i32.const 24) (i32.const 9) (i32.const 0) (i32.const 1)) (i32.const 0))
    (i32.const 0)))

;; Passes keys and values that lie outside its memory, wrap around its end, or are longer than all of it.
;; @expect harmless
;; @grants {"store": {"bytes": "64MiB", "keys": 100}}
(module
  (import "caxton" "store_data" (func $store (param i32 i32 i32 i32) (result i32)))
  (import "caxton" "load_data" (func $load (param i32 i32 i32 i32) (result i32)))
  (import "caxton" "list_data" (func $list (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "k")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $fault (param i32) (if (i32.ne (local.get 0) (i32.const -5)) (then (unreachable))))
  (func (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call $fault (call $store (i32.const 65536) (i32.const 1) (i32.const 0) (i32.const 1)))
    (call $fault (call $store (i32.const -1) (i32.const 2) (i32.const 0) (i32.const 1)))
    (call $fault (call $store (i32.const 8) (i32.const 1) (i32.const 65530) (i32.const 7)))
    (call $fault (call $store (i32.const 8) (i32.const 1) (i32.const 0) (i32.const 65537)))
    (drop (call $store (i32.const 8) (i32.const 1) (i32.const 0) (i32.const 16)))
    (call $fault (call $load (i32.const 8) (i32.const 1) (i32.const 65530) (i32.const 16)))
    (call $fault (call $load (i32.const 8) (i32.const 1) (i32.const -8) (i32.const 16)))
    (call $fault (call $list (i32.const 8) (i32.const 0) (i32.const 65535) (i32.const 16)))
    (i32.const 0)))

;; Stores values that together are larger than its grant, again and again, and lists what it has.
;; @expect harmless
;; @grants {"store": {"bytes": "4KiB", "keys": 4}}
(module
  (import "caxton" "store_data" (func $store (param i32 i32 i32 i32) (result i32)))
  (import "caxton" "list_data" (func $list (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32)
    (loop $again
      (i32.store (i32.const 8) (i32.or (i32.const 0x01010101) (local.get $i)))
      (drop (call $store (i32.const 8) (i32.const 4) (i32.const 0) (i32.const 3000)))
      (drop (call $list (i32.const 8) (i32.const 0) (i32.const 8192) (i32.const 1024)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))
    (i32.const 0)))

;; Lists many keys in a loop: each listing is work for the host.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "20M", "host_calls": 1000000000}
;; @grants {"store": {"bytes": "1MiB", "keys": 1000}}
(module
  (import "caxton" "store_data" (func $store (param i32 i32 i32 i32) (result i32)))
  (import "caxton" "list_data" (func $list (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32)
    (loop $fill
      (i32.store8 (i32.const 8) (i32.add (i32.const 33) (i32.rem_u (local.get $i) (i32.const 90))))
      (i32.store8 (i32.const 9) (i32.add (i32.const 33) (i32.div_u (local.get $i) (i32.const 90))))
      (drop (call $store (i32.const 8) (i32.const 2) (i32.const 0) (i32.const 1)))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
    (loop $again (drop (call $list (i32.const 8) (i32.const 0) (i32.const 16384) (i32.const 0))) (br $again))
    (unreachable)))

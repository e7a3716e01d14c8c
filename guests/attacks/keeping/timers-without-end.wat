;; Sets thousands of timers with delays of nothing, many of which set more: it has as many as it was granted.
;; @expect harmless
;; @grants {"timers": 4}
(module
  (import "caxton" "set_timer" (func $set (param i32 i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $flood
    (local $i i32)
    (loop $again
      (drop (call $set (local.get $i) (i64.const 0)))
      (drop (call $set (local.get $i) (i64.const -1)))
      (drop (call $set (local.get $i) (i64.const 0x7fffffffffffffff)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3000)))))
  (func (export "handle_message") (param $ptr i32) (param $len i32) (result i32) (call $flood) (i32.const 0))
  (global $fired (mut i32) (i32.const 0))
  (func (export "handle_timer") (param $id i32) (result i32)
    (global.set $fired (i32.add (global.get $fired) (i32.const 1)))
    (if (i32.lt_u (global.get $fired) (i32.const 40)) (then (call $flood)))
    (i32.const 0)))

;; Offers and takes back thousands of times, so that whoever watches is told without end.
;; @expect harmless
;; @grants {"register": ["count"]}
(module
  (import "caxton" "offer_capability" (func $offer (param i32 i32) (result i32)))
  (import "caxton" "withdraw_capability" (func $withdraw (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "{\"name\":\"count\"}")
  (data (i32.const 40) "count")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32)
    (loop $again
      (if (call $offer (i32.const 8) (i32.const 16)) (then (return (i32.const 2))))
      (if (call $withdraw (i32.const 40) (i32.const 5)) (then (return (i32.const 3))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))
    (i32.const 0)))

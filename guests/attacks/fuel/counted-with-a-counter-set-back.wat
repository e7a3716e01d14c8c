;; Counts up to a bound and sets its counter back in each turn, from memory.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (i32.store (i32.const 0) (i32.const 5))
      (local.set $i (i32.load (i32.const 0)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 100))))
    (unreachable)))

;; Counts by a step from memory, so large that each turn wraps around: the signed comparison holds for ever.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32) (local $step i32)
    (i32.store (i32.const 0) (i32.const 0x40000000))
    (local.set $step (i32.load (i32.const 0)))
    (loop $again (br_if $again (i32.lt_s (local.tee $i (i32.add (local.get $i) (local.get $step))) (i32.const 0x7fffffff))))
    (unreachable)))

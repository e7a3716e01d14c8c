;; Counts up to a bound by a step that is 0 when the guest runs: a loop that looks as if its turns were known.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32) (local $step i32)
    (loop $again (local.set $i (i32.add (local.get $i) (local.get $step))) (br_if $again (i32.lt_u (local.get $i) (i32.const 100))))
    (unreachable)))

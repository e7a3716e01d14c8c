;; Counts down while the number is at least 0, without a sign: it always is.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32) (local $end i32)
    (local.set $i (i32.const 100))
    (loop $again (br_if $again (i32.ge_u (local.tee $i (i32.sub (local.get $i) (i32.const 1))) (local.get $end))))
    (unreachable)))

;; Counts 64 bits to a number of turns that, times the fuel of a turn, is beyond any counter and would wrap around to little.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i64) (local $end i64)
    (local.set $end (i64.const 0x2000000000000000))
    (loop $again (br_if $again (i64.ne (local.tee $i (i64.add (local.get $i) (i64.const 1))) (local.get $end))))
    (unreachable)))

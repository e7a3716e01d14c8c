;; Counts by 2 from an even number until it meets an odd one: it looks short and never ends.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32) (local $end i32)
    (local.set $end (i32.const 101))
    (loop $again (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 2))) (local.get $end))))
    (unreachable)))

;; Uses half of its fuel in each of its three entries: all of them are one budget.
;; @expect ERR_LIMIT_FUEL at deploy
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func $spin (local $i i32) (loop $again (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000)))))
  (func (export "_initialize") (call $spin))
  (func (export "agent_init") (result i32) (call $spin) (i32.const 0))
  (start $spin)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

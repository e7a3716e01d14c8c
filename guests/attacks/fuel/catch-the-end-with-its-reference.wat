;; Catches everything with its reference, to throw the end away.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func $spin (loop $l (br $l)))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again (drop (block $caught (result exnref) (try_table (catch_all_ref $caught) (call $spin)) (unreachable))) (br $again))
    (unreachable)))

;; Catches everything, so that running out of fuel would be caught, and goes on.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func $spin (loop $l (br $l)))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again (block $caught (try_table (catch_all $caught) (call $spin))) (br $again))
    (unreachable)))

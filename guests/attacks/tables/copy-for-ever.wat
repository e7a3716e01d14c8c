;; Copies the largest table there may be onto itself, over and over.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "10M"}
(module
  (memory (export "memory") 1)
  (table 100000 funcref)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again (table.copy (i32.const 0) (i32.const 1) (i32.const 99999)) (br $again))
    (unreachable)))

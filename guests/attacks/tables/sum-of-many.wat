;; Declares many tables that are too large together.
;; @expect ERR_LIMIT_TABLE at deploy
(module
  (memory (export "memory") 1)
  {{200 * (table 1000 funcref) }}
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

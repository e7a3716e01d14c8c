;; Three functions call each other by tail calls.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func $one (result i32) (return_call $two))
  (func $two (result i32) (return_call $three))
  (func $three (result i32) (return_call $one))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (return_call $one)))

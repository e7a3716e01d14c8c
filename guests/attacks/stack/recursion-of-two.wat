;; Two functions call each other without end.
;; @expect ERR_LIMIT_STACK
;; @limits {"fuel": "100G"}
(module
  (memory (export "memory") 1)
  (func $one (result i32) (i32.add (call $two) (i32.const 1)))
  (func $two (result i32) (i32.add (call $one) (i32.const 1)))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call $one)))

;; Calls itself through a table.
;; @expect ERR_LIMIT_STACK
;; @limits {"fuel": "100G"}
(module
  (memory (export "memory") 1)
  (table 1 funcref) (elem (i32.const 0) $handle)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.add (i32.const 1) (call_indirect (param i32 i32) (result i32) (local.get $ptr) (local.get $len) (i32.const 0)))))

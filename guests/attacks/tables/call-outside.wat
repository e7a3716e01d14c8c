;; Calls through an element far outside of the table.
;; @expect ERR_GUEST_TRAP
(module
  (memory (export "memory") 1)
  (table 4 funcref)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call_indirect (result i32) (i32.const -1))))

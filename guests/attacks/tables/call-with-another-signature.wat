;; Calls the host with a signature of its own choice.
;; @expect ERR_GUEST_TRAP
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (type $odd (func (param i64 i64 i64) (result i64)))
  (table 1 funcref) (elem (i32.const 0) $send)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.wrap_i64 (call_indirect (type $odd) (i64.const -1) (i64.const -1) (i64.const -1) (i32.const 0)))))

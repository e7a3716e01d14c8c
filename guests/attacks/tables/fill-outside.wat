;; Fills more elements than the table has.
;; @expect ERR_GUEST_TRAP
(module
  (memory (export "memory") 1)
  (table $t 4 funcref)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (table.fill $t (i32.const 1) (ref.null func) (i32.const 4))
    (i32.const 0)))

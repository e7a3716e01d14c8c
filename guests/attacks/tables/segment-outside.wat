;; Has an element segment that lies outside of its table.
;; @expect ERR_GUEST_TRAP at deploy
(module
  (memory (export "memory") 1)
  (table 1 funcref) (elem (i32.const 1) $handle)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

;; Fills from inside its memory to far outside.
;; @expect ERR_GUEST_TRAP
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (memory.fill (i32.const 0) (i32.const 7) (i32.const 65537))
    (i32.const 0)))

;; Stores at the highest address there is, with the highest offset there is.
;; @expect ERR_GUEST_TRAP
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.store offset=4294967295 (i32.const -1) (i32.const 1))
    (i32.const 0)))

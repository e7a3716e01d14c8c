;; Has an allocator that answers a place whose end wraps 32 bits.
;; @expect ERR_GUEST_ABI
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const -8))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

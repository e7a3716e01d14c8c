;; Has a data segment that lies outside of its memory.
;; @expect ERR_GUEST_TRAP at deploy
(module
  (memory (export "memory") 1)
  (data (i32.const 65535) "ab")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

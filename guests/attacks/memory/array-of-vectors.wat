;; Makes an array whose size in bytes wraps 32 bits.
;; @expect ERR_LIMIT_MEMORY
(module
  (memory (export "memory") 1)
  (type $vectors (array (mut v128)))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (drop (array.new_default $vectors (i32.const 0x10000001)))
    (i32.const 0)))

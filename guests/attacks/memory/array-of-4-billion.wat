;; Makes an array of the heap with 2^32 - 1 elements.
;; @expect ERR_LIMIT_MEMORY
(module
  (memory (export "memory") 1)
  (type $bytes (array (mut i8)))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (drop (array.new_default $bytes (i32.const -1)))
    (i32.const 0)))

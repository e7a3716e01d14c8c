;; Makes an array in an element segment that would never be charged.
;; @expect ERR_LIMIT_MEMORY at deploy
(module
  (memory (export "memory") 1)
  (type $wide (array (mut i64)))
  (elem (ref null $wide) (item (array.new_default $wide (i32.const 100000000))))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

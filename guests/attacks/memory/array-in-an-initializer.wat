;; Allocates a gigabyte in the initializer of a global, before there is any fuel.
;; @expect ERR_LIMIT_MEMORY at deploy
(module
  (memory (export "memory") 1)
  (type $wide (array (mut i64)))
  (global (ref $wide) (array.new_default $wide (i32.const 134217728)))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

;; Grows by a length that is negative if it is taken as signed.
;; @expect harmless
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.ne (memory.grow (i32.const -1)) (i32.const -1))))

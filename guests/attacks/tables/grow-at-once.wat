;; Asks for 2^32 - 1 elements in one instruction.
;; @expect harmless
(module
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.ne (table.grow $t (ref.null func) (i32.const -1)) (i32.const -1))))

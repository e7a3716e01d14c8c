;; Exports names that look like reserved ones.
;; @expect harmless
(module
  (memory (export "memory") 1)
  (func (export "Caxton:fuel")) (func (export " caxton:fuel")) (func (export "caxton-fuel"))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

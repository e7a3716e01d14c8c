;; Asks for all of 4 GiB in one instruction and expects to be refused.
;; @expect harmless
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.ne (memory.grow (i32.const 65535)) (i32.const -1))))

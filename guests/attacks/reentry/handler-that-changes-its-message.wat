;; Changes the message it got and the place where the next one goes.
;; @expect harmless
;; @messages 5
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (memory.fill (i32.const 0) (i32.const 255) (i32.const 65536))
    (i32.const 0)))

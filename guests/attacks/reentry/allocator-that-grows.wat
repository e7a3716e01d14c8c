;; Grows its memory inside its allocator: views of the host are of another buffer then.
;; @expect harmless
;; @messages 5
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32)
    (i32.mul (memory.grow (i32.const 1)) (i32.const 65536)))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

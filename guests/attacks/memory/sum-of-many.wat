;; Declares many memories, each of them small, that are too large together.
;; @expect ERR_LIMIT_MEMORY at deploy
(module
  (memory (export "memory") 1) {{40 * (memory 10) }}
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

;; Declares more memories than are taken, to use up the address space of the process.
;; @expect ERR_WASM_LIMIT at deploy
(module
  (memory (export "memory") 1) {{100 * (memory 0 0) }}
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

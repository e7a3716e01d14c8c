;; Exports one function 50,001 times: instantiating would take long.
;; @expect ERR_WASM_LIMIT at deploy
(module
  (memory (export "memory") 1)
  (func $f {{50000 * (export "e#") }})
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

;; Exports a function under the name of the hidden start.
;; @expect ERR_INSTRUMENT_NAME_TAKEN at deploy
(module
  (memory (export "memory") 1)
  (func (export "caxton:start"))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

;; Exports a global under the name of the hidden counter.
;; @expect ERR_INSTRUMENT_NAME_TAKEN at deploy
(module
  (memory (export "memory") 1)
  (global (export "caxton:fuel") (mut i64) (i64.const 1000000000))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

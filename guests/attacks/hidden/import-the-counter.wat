;; Imports the hidden counter as a global.
;; @expect ERR_INSTRUMENT_IMPORT_REFUSED at deploy
(module
  (import "caxton" "caxton:fuel" (global (mut i64)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

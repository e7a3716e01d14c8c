;; Exports a reserved name that is not used yet.
;; @expect ERR_INSTRUMENT_NAME_TAKEN at deploy
(module
  (memory (export "memory") 1)
  (func (export "caxton:"))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

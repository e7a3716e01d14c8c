;; Imports a memory, to share it with somebody.
;; @expect ERR_INSTRUMENT_IMPORT_REFUSED at deploy
(module
  (import "caxton" "memory" (memory $m 1))
  (export "memory" (memory $m))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 8))
  (func (export "handle_message") (param i32 i32) (result i32) (i32.const 0)))

;; Imports a table, to call functions of others.
;; @expect ERR_INSTRUMENT_IMPORT_REFUSED at deploy
(module
  (import "caxton" "table" (table 1 funcref))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 8))
  (func (export "handle_message") (param i32 i32) (result i32) (i32.const 0)))

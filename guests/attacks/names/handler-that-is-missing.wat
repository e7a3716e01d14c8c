;; Exports a handler under a name that nearly fits.
;; @expect ERR_MODULE_DOOR_UNKNOWN at deploy
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 8))
  (func (export "Handle_message") (param i32 i32) (result i32) (i32.const 0)))

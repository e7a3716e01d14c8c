;; Exports a function where its memory is expected.
;; @expect ERR_MODULE_EXPORT_MISSING at deploy
(module
  (func (export "memory"))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 8))
  (func (export "handle_message") (param i32 i32) (result i32) (i32.const 0)))

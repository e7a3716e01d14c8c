;; Exports a handler with types that the host does not expect.
;; @expect ERR_MODULE_EXPORT_MISSING at deploy
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 8))
  (func (export "handle_message") (param i64 i64) (result externref) (ref.null extern)))

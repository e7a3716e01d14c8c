;; Imports 10,000 unknown names: the error must stay short.
;; @expect ERR_MODULE_IMPORT_UNKNOWN at deploy
(module
  {{10000 * (import "module-#" "no" (func)) }}
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

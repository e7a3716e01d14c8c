;; Imports `send_message` with other types, so that the host would see other values than it expects.
;; @expect ERR_MODULE_IMPORT_TYPE at deploy
(module
  (import "caxton" "send_message" (func (param i64 externref) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

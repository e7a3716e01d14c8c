;; Imports `constructor` of `__proto__`.
;; @expect ERR_MODULE_IMPORT_UNKNOWN at deploy
(module
  (import "__proto__" "constructor" (func (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

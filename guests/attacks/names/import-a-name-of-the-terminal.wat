;; Imports a name made of control sequences of terminals.
;; @expect ERR_MODULE_IMPORT_UNKNOWN at deploy
(module
  (import "caxton" "\1b[2J\1b]0;title\07\c2\9b31m\e2\80\ae" (func))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

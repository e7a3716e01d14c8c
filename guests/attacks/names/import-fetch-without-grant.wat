;; Imports `http_fetch` without the grant.
;; @expect ERR_GRANT_MISSING at deploy
(module
  (import "caxton" "http_fetch" (func $fetch (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

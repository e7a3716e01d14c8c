;; Imports `subscribe_topic` without a grant for it.
;; @expect ERR_GRANT_MISSING at deploy
;; @grants {"send": ["*"]}
(module
  (import "caxton" "subscribe_topic" (func (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func (export "handle_message") (param i32 i32) (result i32) (i32.const 0)))

;; Exports `send_message` itself as its handler: the host calls itself, and takes the message of another for its own.
;; @expect ERR_GUEST_STATUS
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 8))
  (export "handle_message" (func $send)))

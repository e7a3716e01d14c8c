;; Sends a message that is larger than any may be.
;; @expect harmless
;; @grants {"send": ["*"]}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 32)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.ne (call $send (i32.const 0) (i32.const 1048577)) (i32.const -4))))

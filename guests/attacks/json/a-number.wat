;; Sends a number.
;; @expect harmless
;; @grants {"send": ["*"]}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 8192) "\31")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.ne (call $send (i32.const 8192) (i32.const 1)) (i32.const -3))))

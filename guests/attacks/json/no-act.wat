;; Uses no act.
;; @expect harmless
;; @grants {"send": ["*"]}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 8192) "\7b\22\72\65\63\65\69\76\65\72\22\3a\22\75\73\65\72\22\7d")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.ne (call $send (i32.const 8192) (i32.const 19)) (i32.const -3))))

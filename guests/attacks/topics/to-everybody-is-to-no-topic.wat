;; May write to everybody, and writes to topics.
;; @expect harmless
;; @grants {"send": ["*"]}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "\7b\22\70\65\72\66\6f\72\6d\61\74\69\76\65\22\3a\22\69\6e\66\6f\72\6d\22\2c\22\72\65\63\65\69\76\65\72\22\3a\22\74\6f\70\69\63\3a\61\22\7d")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func (export "handle_message") (param i32 i32) (result i32)
    (i32.ne (call $send (i32.const 1024) (i32.const 46)) (i32.const -1))))

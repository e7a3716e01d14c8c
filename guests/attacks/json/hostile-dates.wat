;; Asks for a reply by a date that is none.
;; @expect harmless
;; @grants {"send": ["*"]}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 8192) "\7b\22\70\65\72\66\6f\72\6d\61\74\69\76\65\22\3a\22\69\6e\66\6f\72\6d\22\2c\22\72\65\63\65\69\76\65\72\22\3a\22\75\73\65\72\22\2c\22\72\65\70\6c\79\5f\62\79\22\3a\22\2b\39\39\39\39\39\39\2d\39\39\2d\39\39\54\39\39\3a\39\39\3a\39\39\5a\22\7d")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.ne (call $send (i32.const 8192) (i32.const 80)) (i32.const -3))))

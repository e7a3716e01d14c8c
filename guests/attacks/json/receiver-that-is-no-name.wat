;; Names a receiver that is no name: it is told by a failure.
;; @expect harmless
;; @grants {"send": ["*"]}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 4)
  (global $done (mut i32) (i32.const 0))
  (data (i32.const 8192) "\7b\22\70\65\72\66\6f\72\6d\61\74\69\76\65\22\3a\22\69\6e\66\6f\72\6d\22\2c\22\72\65\63\65\69\76\65\72\22\3a\22\2e\2e\2f\2e\2e\2f\65\74\63\2f\70\61\73\73\77\64\22\7d")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (if (global.get $done) (then (return (i32.const 0))))
    (global.set $done (i32.const 1))
    (i32.ne (call $send (i32.const 8192) (i32.const 55)) (i32.const 0))))

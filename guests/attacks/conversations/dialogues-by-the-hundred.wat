;; Opens a dialogue under a new id with every message and goes on with none.
;; @expect harmless
;; @grants {"send": ["*"]}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 4)
  (global $done (mut i32) (i32.const 0))
  (data (i32.const 8192) "\7b\22\70\65\72\66\6f\72\6d\61\74\69\76\65\22\3a\22\63\66\70\22\2c\22\72\65\63\65\69\76\65\72\22\3a\22\75\73\65\72\22\2c\22\70\72\6f\74\6f\63\6f\6c\22\3a\22\66\69\70\61\2d\63\6f\6e\74\72\61\63\74\2d\6e\65\74\22\7d")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32)
    (if (global.get $done) (then (return (i32.const 0))))
    (global.set $done (i32.const 1))
    (loop $again
      (drop (call $send (i32.const 8192) (i32.const 71)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 900))))
    (i32.const 0)))

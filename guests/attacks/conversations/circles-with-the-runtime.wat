;; Answers every refusal of the runtime with the next message that will be refused.
;; @expect harmless
;; @grants {"send": ["*"]}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 8192) "\7b\22\70\65\72\66\6f\72\6d\61\74\69\76\65\22\3a\22\69\6e\66\6f\72\6d\22\2c\22\72\65\63\65\69\76\65\72\22\3a\22\6e\65\69\67\68\62\6f\75\72\22\2c\22\70\72\6f\74\6f\63\6f\6c\22\3a\22\66\69\70\61\2d\72\65\71\75\65\73\74\22\7d")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32)
    (loop $again
      (drop (call $send (i32.const 8192) (i32.const 74)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1))))
    (i32.const 0)))

;; Sends messages of nearly a megabyte until none is taken.
;; @expect harmless
;; @grants {"send": ["*"]}
;; @limits {"fuel": "1G", "wall": "60s"}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 32)
  (data (i32.const 0) "\7b\22\70\65\72\66\6f\72\6d\61\74\69\76\65\22\3a\22\69\6e\66\6f\72\6d\22\2c\22\72\65\63\65\69\76\65\72\22\3a\22\75\73\65\72\22\2c\22\63\6f\6e\74\65\6e\74\22\3a\22")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32)
    (memory.fill (i32.const 8192) (i32.const 97) (i32.const 1000000))
    (memory.copy (i32.const 8192) (i32.const 0) (i32.const 54))
    (i32.store16 (i32.const 1008192) (i32.const 0x7d22))
    (loop $again
      (drop (call $send (i32.const 8192) (i32.const 1000002)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20))))
    (i32.const 0)))

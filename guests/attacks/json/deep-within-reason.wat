;; Nests as many lists as are allowed.
;; @expect harmless
;; @grants {"send": ["*"]}
;; @limits {"fuel": "1G", "wall": "60s"}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 32)
  (data (i32.const 0) "\7b\22\70\65\72\66\6f\72\6d\61\74\69\76\65\22\3a\22\69\6e\66\6f\72\6d\22\2c\22\72\65\63\65\69\76\65\72\22\3a\22\75\73\65\72\22\2c\22\63\6f\6e\74\65\6e\74\22\3a")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $at i32)
    (memory.copy (i32.const 8192) (i32.const 0) (i32.const 53))
    (local.set $at (i32.const 8245))
    (memory.fill (local.get $at) (i32.const 91) (i32.const 128))
    (memory.fill (i32.add (local.get $at) (i32.const 128)) (i32.const 93) (i32.const 128))
    (i32.store8 (i32.add (local.get $at) (i32.const 256)) (i32.const 0x7d))
    (i32.ne (call $send (i32.const 8192) (i32.const 310)) (i32.const 0))))

;; Requests without a mark, to several, in another name, to nobody, too large, not JSON: nothing is sent, and nothing is waited for.
;; @expect harmless
;; @limits {"message_bytes": "4KiB"}
;; @grants {"send": ["*"], "http": [{"url": "http://127.0.0.1:9/*", "methods": ["GET", "POST"]}], "tools": ["fake/*"]}
(module
  (import "caxton" "request" (func $request (param i32 i32 i32) (result i32)))
  (import "caxton" "take_result" (func $take (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8192) "\7b\22\70\65\72\66\6f\72\6d\61\74\69\76\65\22\3a\20\22\72\65\71\75\65\73\74\22\2c\20\22\72\65\63\65\69\76\65\72\22\3a\20\22\75\73\65\72\22\2c\20\22\63\6f\6e\74\65\6e\74\22\3a\20\31\7d")
  (data (i32.const 9216) "\7b\22\70\65\72\66\6f\72\6d\61\74\69\76\65\22\3a\20\22\72\65\71\75\65\73\74\22\2c\20\22\72\65\63\65\69\76\65\72\22\3a\20\5b\22\75\73\65\72\22\2c\20\22\6e\65\69\67\68\62\6f\75\72\22\5d\2c\20\22\72\65\70\6c\79\5f\77\69\74\68\22\3a\20\22\72\22\7d")
  (data (i32.const 10240) "\7b\22\70\65\72\66\6f\72\6d\61\74\69\76\65\22\3a\20\22\72\65\71\75\65\73\74\22\2c\20\22\72\65\63\65\69\76\65\72\22\3a\20\22\75\73\65\72\22\2c\20\22\73\65\6e\64\65\72\22\3a\20\22\75\73\65\72\22\2c\20\22\72\65\70\6c\79\5f\77\69\74\68\22\3a\20\22\72\22\7d")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (if (i32.ne (call $request (i32.const 8192) (i32.const 61) (i32.const 0)) (i32.const -3)) (then (return (i32.const 1))))
    (if (i32.ne (call $request (i32.const 9216) (i32.const 81) (i32.const 0)) (i32.const -3)) (then (return (i32.const 2))))
    (if (i32.ne (call $request (i32.const 10240) (i32.const 84) (i32.const 0)) (i32.const -1)) (then (return (i32.const 3))))
    (if (i32.ne (call $request (i32.const 8192) (i32.const 0) (i32.const 0)) (i32.const -3)) (then (return (i32.const 4))))
    (if (i32.ne (call $request (i32.const 0) (i32.const 60000) (i32.const 0)) (i32.const -4)) (then (return (i32.const 5))))
    (if (i32.ne (call $request (i32.const 8193) (i32.const 9) (i32.const 0)) (i32.const -3)) (then (return (i32.const 6))))
    (if (i32.ne (call $request (i32.const 65535) (i32.const 9) (i32.const 0)) (i32.const -5)) (then (return (i32.const 7))))
    (if (i32.ne (call $take (i32.const 0) (i32.const 65536)) (i32.const -6)) (then (return (i32.const 8))))
    (i32.const 0)))

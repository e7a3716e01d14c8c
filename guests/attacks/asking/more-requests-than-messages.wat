;; Sends by `request` more than it may send.
;; @expect ERR_LIMIT_MESSAGES
;; @limits {"messages": 20, "outstanding": 100000}
;; @grants {"send": ["*"], "http": [{"url": "http://127.0.0.1:9/*", "methods": ["GET", "POST"]}], "tools": ["fake/*"]}
(module
  (import "caxton" "request" (func $request (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8192) "\7b\22\70\65\72\66\6f\72\6d\61\74\69\76\65\22\3a\20\22\72\65\71\75\65\73\74\22\2c\20\22\72\65\63\65\69\76\65\72\22\3a\20\22\75\73\65\72\22\2c\20\22\72\65\70\6c\79\5f\77\69\74\68\22\3a\20\22\72\22\2c\20\22\63\6f\6e\74\65\6e\74\22\3a\20\31\7d")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again (drop (call $request (i32.const 8192) (i32.const 80) (i32.const 1))) (br $again))
    (unreachable)))

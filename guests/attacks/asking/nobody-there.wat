;; Fetches from a port where nobody listens, with a body that lies over the request.
;; @expect harmless
;; @grants {"send": ["*"], "http": [{"url": "http://127.0.0.1:9/*", "methods": ["GET", "POST"]}], "tools": ["fake/*"]}
(module
  (import "caxton" "http_fetch" (func $fetch (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8192) "\7b\22\75\72\6c\22\3a\22\68\74\74\70\3a\2f\2f\31\32\37\2e\30\2e\30\2e\31\3a\39\2f\22\7d")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (if (i32.ne (call $fetch (i32.const 8192) (i32.const 29) (i32.const 8192) (i32.const 64)) (i32.const -9)) (then (return (i32.const 1))))
    (i32.const 0)))

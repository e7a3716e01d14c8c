;; Fetches what is refused, for ever: each costs a host call.
;; @expect ERR_LIMIT_HOST_CALLS
;; @limits {"host_calls": 200}
;; @grants {"send": ["*"], "http": [{"url": "http://127.0.0.1:9/*", "methods": ["GET", "POST"]}], "tools": ["fake/*"]}
(module
  (import "caxton" "http_fetch" (func $fetch (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8192) "\7b\22\75\72\6c\22\3a\22\68\74\74\70\3a\2f\2f\31\32\37\2e\30\2e\30\2e\31\3a\32\32\2f\22\7d")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again (drop (call $fetch (i32.const 8192) (i32.const 30) (i32.const 0) (i32.const 0))) (br $again))
    (unreachable)))

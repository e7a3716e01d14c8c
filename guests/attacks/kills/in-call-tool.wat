;; Waits in a tool that never answers: its time to wait is over before that of the tool.
;; @expect ERR_LIMIT_WAIT
;; @limits {"wait": "2s"}
;; @grants {"send": ["*"], "http": [{"url": "http://127.0.0.1:9/*", "methods": ["GET", "POST"]}], "tools": ["fake/*"]}
(module
  (import "caxton" "call_tool" (func $tool (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8192) "\66\61\6b\65\2f\68\61\6e\67")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call $tool (i32.const 8192) (i32.const 9) (i32.const 0) (i32.const 0))))

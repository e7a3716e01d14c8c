;; Calls tools that no grant names, that no server has, with names that are none, and arguments that no schema takes.
;; @expect harmless
;; @grants {"send": ["*"], "http": [{"url": "http://127.0.0.1:9/*", "methods": ["GET", "POST"]}], "tools": ["fake/*"]}
(module
  (import "caxton" "call_tool" (func $tool (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8192) "\66\61\6b\65\2f\6e\6f\6e\65")
  (data (i32.const 8208) "\6f\74\68\65\72\2f\61\64\64")
  (data (i32.const 8224) "\66\61\6b\65\2f\2e\2e\2f")
  (data (i32.const 8240) "\66\61\6b\65\2f\61\64\64")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (if (i32.ne (call $tool (i32.const 8192) (i32.const 9) (i32.const 0) (i32.const 0)) (i32.const -6)) (then (return (i32.const 1))))
    (if (i32.ne (call $tool (i32.const 8208) (i32.const 9) (i32.const 0) (i32.const 0)) (i32.const -1)) (then (return (i32.const 2))))
    (if (i32.ne (call $tool (i32.const 8224) (i32.const 8) (i32.const 0) (i32.const 0)) (i32.const -3)) (then (return (i32.const 3))))
    (if (i32.ne (call $tool (i32.const 8240) (i32.const 8) (i32.const 0) (i32.const 0)) (i32.const -3)) (then (return (i32.const 4))))
    (if (i32.ne (call $tool (i32.const 8256) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const -3)) (then (return (i32.const 5))))
    (if (i32.ne (call $tool (i32.const 8240) (i32.const 300) (i32.const 0) (i32.const 0)) (i32.const -4)) (then (return (i32.const 6))))
    (i32.const 0)))

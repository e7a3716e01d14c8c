;; Has a result written over the name and the arguments that it asked with, and over the result itself.
;; @expect harmless
;; @grants {"send": ["*"], "http": [{"url": "http://127.0.0.1:9/*", "methods": ["GET", "POST"]}], "tools": ["fake/*"]}
(module
  (import "caxton" "call_tool" (func $tool (param i32 i32 i32 i32) (result i32)))
  (import "caxton" "take_result" (func $take (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8192) "\66\61\6b\65\2f\61\64\64")
  (data (i32.const 8200) "\7b\22\61\22\3a\32\2c\22\62\22\3a\33\7d")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32) (local $n i32)
    (local.set $n (call $tool (i32.const 8192) (i32.const 8) (i32.const 8200) (i32.const 13)))
    (if (i32.lt_s (local.get $n) (i32.const 0)) (then (return (i32.const 1))))
    (if (i32.ne (call $take (i32.const 8190) (i32.const 4096)) (local.get $n)) (then (return (i32.const 2))))
    (if (i32.ne (call $take (i32.const 8190) (i32.const 4096)) (i32.const -6)) (then (return (i32.const 3))))
    ;; the arguments are gone: what is there now is no tool
    (if (i32.ne (call $tool (i32.const 8192) (i32.const 8) (i32.const 8200) (i32.const 13)) (i32.const -3)) (then (return (i32.const 4))))
    (i32.const 0)))

;; Calls a tool whose result is larger than the server may send, again and again.
;; @expect harmless
;; @grants {"send": ["*"], "http": [{"url": "http://127.0.0.1:9/*", "methods": ["GET", "POST"]}], "tools": ["fake/*"]}
(module
  (import "caxton" "call_tool" (func $tool (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8192) "\66\61\6b\65\2f\68\75\67\65")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32) (local $n i32)
    (loop $again
      (if (i32.ge_s (call $tool (i32.const 8192) (i32.const 9) (i32.const 0) (i32.const 0)) (i32.const 0)) (then (unreachable)))
      (br_if $again (i32.lt_s (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))
    (i32.const 0)))

;; Asks for ever, with fuel for years: it is killed between two answers, or in the middle of one.
;; @expect ERR_LIMIT_WALL
;; @limits {"fuel": "1000T", "wall": "20ms", "host_calls": 1000000000}
;; @grants {"send": ["*"], "http": [{"url": "http://127.0.0.1:9/*", "methods": ["GET", "POST"]}], "tools": ["fake/*"]}
(module
  (import "caxton" "http_fetch" (func $fetch (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8192) "\7b\22\75\72\6c\22\3a\22\68\74\74\70\3a\2f\2f\31\32\37\2e\30\2e\30\2e\31\3a\32\32\2f\22\7d")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32) (local $n i32)
    (loop $again (drop (call $fetch (i32.const 8192) (i32.const 30) (i32.const 0) (i32.const 0)))
      (local.set $n (i32.const 100000)) (loop $spin (br_if $spin (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (br $again))
    (unreachable)))

;; Passes on the same grant until there are no handles left for it, and then as often again.
;; @expect harmless
;; @grants {"http": [{"url": "https://example.com/", "methods": ["GET"]}], "delegate": ["http"]}
(module
  (import "caxton" "delegate" (func $delegate (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "{\"to\":\"neighbour\",\"grant\":\"http\",\"value\":[{\"url\":\"https://example.com/\",\"methods\":[\"GET\"]}]}")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32) (local $status i32) (local $handles i32)
    (loop $again
      (local.set $status (call $delegate (i32.const 8) (i32.const 92)))
      (if (i32.ge_s (local.get $status) (i32.const 0))
        (then (local.set $handles (i32.add (local.get $handles) (i32.const 1))))
        (else (if (i32.ne (local.get $status) (i32.const -7)) (then (return (i32.const 2))))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 512))))
    (i32.ne (local.get $handles) (i32.const 256))))

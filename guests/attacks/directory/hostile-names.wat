;; Offers, searches and watches by the names that objects of JavaScript have of themselves.
;; @expect harmless
;; @grants {"directory": ["*"], "register": ["count"]}
(module
  (import "caxton" "offer_capability" (func $offer (param i32 i32) (result i32)))
  (import "caxton" "withdraw_capability" (func $withdraw (param i32 i32) (result i32)))
  (import "caxton" "search_directory" (func $search (param i32 i32) (result i32)))
  (import "caxton" "take_result" (func $take (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "{\"name\":\"__proto__\"}")
  (data (i32.const 200) "{\"name\":\"count\",\"__proto__\":{\"name\":\"x\"}}")
  (data (i32.const 300) "{\"name\":\"count\",\"properties\":{\"__proto__\":1,\"constructor\":\"x\",\"toString\":true}}")
  (data (i32.const 400) "{\"properties\":{\"__proto__\":1,\"toString\":true}}")
  (data (i32.const 500) "{\"properties\":{\"hasOwnProperty\":true}}")
  (data (i32.const 600) "__proto__")
  (data (i32.const 700) "count")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (if (i32.ne (call $offer (i32.const 100) (i32.const 20)) (i32.const -3)) (then (return (i32.const 2))))
    (if (i32.ne (call $offer (i32.const 200) (i32.const 41)) (i32.const -3)) (then (return (i32.const 3))))
    (if (i32.ne (call $offer (i32.const 300) (i32.const 79)) (i32.const 0)) (then (return (i32.const 4))))
    ;; Its own offer is found by such properties, and nothing by one that it does not have.
    (if (i32.lt_s (call $search (i32.const 400) (i32.const 46)) (i32.const 80)) (then (return (i32.const 5))))
    (if (i32.ne (call $search (i32.const 500) (i32.const 38)) (i32.const 26)) (then (return (i32.const 6))))
    (drop (call $take (i32.const 8192) (i32.const 1000)))
    (if (i32.ne (call $withdraw (i32.const 600) (i32.const 9)) (i32.const -6)) (then (return (i32.const 7))))
    (if (i32.ne (call $withdraw (i32.const 700) (i32.const 5)) (i32.const 0)) (then (return (i32.const 8))))
    (i32.const 0)))

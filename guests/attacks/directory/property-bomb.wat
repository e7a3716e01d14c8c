;; Offers with thousands of properties, with one as large as a message may be, and with objects within each other.
;; @expect harmless
;; @grants {"register": ["count"]}
(module
  (import "caxton" "offer_capability" (func $offer (param i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 8192) "{\"name\":\"count\",\"properties\":{{{2000 * \"property#\":1,}}\"last\":1}}")
  (data (i32.const 65536) "{\"name\":\"count\",\"properties\":{\"p\":\"{{60000 * x}}\"}}")
  (data (i32.const 131072) "{\"name\":\"count\",\"properties\":{\"p\":{{20000 * [}}{{20000 * ]}}}}")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  ;; Looks for the zero byte behind a text.
  (func $offer_text (param $at i32) (result i32)
    (local $end i32)
    (local.set $end (local.get $at))
    (loop $next
      (local.set $end (i32.add (local.get $end) (i32.const 1)))
      (br_if $next (i32.load8_u (local.get $end))))
    (call $offer (local.get $at) (i32.sub (local.get $end) (local.get $at))))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (if (i32.ne (call $offer_text (i32.const 8192)) (i32.const -4)) (then (return (i32.const 2))))
    (if (i32.ne (call $offer_text (i32.const 65536)) (i32.const -4)) (then (return (i32.const 3))))
    (if (i32.ne (call $offer_text (i32.const 131072)) (i32.const -3)) (then (return (i32.const 4))))
    (i32.const 0)))

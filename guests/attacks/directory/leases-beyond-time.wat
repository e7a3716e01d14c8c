;; Offers with leases below nothing, beyond all numbers, and of other types; then with the longest there is, thousands of times.
;; @expect harmless
;; @grants {"register": ["count"]}
(module
  (import "caxton" "offer_capability" (func $offer (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"name\":\"count\",\"lease_ms\":0}")
  (data (i32.const 64) "{\"name\":\"count\",\"lease_ms\":-1}")
  (data (i32.const 128) "{\"name\":\"count\",\"lease_ms\":1e999}")
  (data (i32.const 192) "{\"name\":\"count\",\"lease_ms\":9007199254740993}")
  (data (i32.const 256) "{\"name\":\"count\",\"lease_ms\":\"60\"}")
  (data (i32.const 320) "{\"name\":\"count\",\"lease_ms\":0.5}")
  (data (i32.const 384) "{\"name\":\"count\",\"lease_ms\":null}")
  (data (i32.const 448) "{\"name\":\"count\",\"lease_ms\":[60]}")
  (data (i32.const 512) "{\"name\":\"count\",\"lease_ms\":315576000000}")
  (data (i32.const 1024) "\1d\1e\21\2c\20\1f\20\20")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32)
    (loop $each
      (if (i32.ne
            (call $offer
              (i32.mul (local.get $i) (i32.const 64))
              (i32.load8_u (i32.add (i32.const 1024) (local.get $i))))
            (i32.const -3))
        (then (return (i32.add (local.get $i) (i32.const 2)))))
      (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
    (local.set $i (i32.const 0))
    (loop $again
      (if (call $offer (i32.const 512) (i32.const 40)) (then (return (i32.const 20))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))
    (i32.const 0)))

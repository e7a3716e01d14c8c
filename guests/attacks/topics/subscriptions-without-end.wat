;; Subscribes to a thousand patterns, and again when there are too many.
;; @expect harmless
;; @grants {"subscribe": [">"]}
(module
  (import "caxton" "subscribe_topic" (func $subscribe (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "a.aaaa.*")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func (export "handle_message") (param i32 i32) (result i32)
    (local $i i32) (local $last i32)
    (loop $again
      (i32.store8 (i32.const 10) (i32.add (i32.const 97) (i32.rem_u (local.get $i) (i32.const 26))))
      (i32.store8 (i32.const 11) (i32.add (i32.const 97) (i32.rem_u (i32.div_u (local.get $i) (i32.const 26)) (i32.const 26))))
      (i32.store8 (i32.const 12) (i32.add (i32.const 97) (i32.div_u (local.get $i) (i32.const 676))))
      (local.set $last (call $subscribe (i32.const 8) (i32.const 8)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
    ;; LIMIT is what the last one must have been answered.
    (i32.ne (local.get $last) (i32.const -7))))

;; Subscribes to patterns of nothing but wildcards in every form, and publishes what all of them stand for.
;; @expect harmless
;; @grants {"subscribe": [">"], "publish": [">"]}
;; @messages 5
(module
  (import "caxton" "subscribe_topic" (func $subscribe (param i32 i32) (result i32)))
  (import "caxton" "publish" (func $publish (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "*.*.*.*.*.*.*.*.*.>")
  (data (i32.const 40) "a.a.a.a.a.a.a.a.a.a")
  (data (i32.const 64) "1")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  ;; The bits of a number say which tokens are `a`.
  (func $write (param $bits i32)
    (local $token i32)
    (loop $next
      (i32.store8 (i32.add (i32.const 8) (i32.shl (local.get $token) (i32.const 1)))
        (select (i32.const 97) (i32.const 42) (i32.and (i32.shr_u (local.get $bits) (local.get $token)) (i32.const 1))))
      (br_if $next (i32.lt_u (local.tee $token (i32.add (local.get $token) (i32.const 1))) (i32.const 9)))))
  (func (export "handle_message") (param i32 i32) (result i32)
    (local $i i32)
    (loop $more
      (call $write (i32.mul (local.get $i) (i32.const 8)))
      (if (i32.ne (call $subscribe (i32.const 8) (i32.const 19)) (i32.const 0)) (then (return (i32.const 2))))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 64))))
    (local.set $i (i32.const 0))
    (loop $again
      (if (i32.lt_s (call $publish (i32.const 40) (i32.const 19) (i32.const 64) (i32.const 1) (i32.const 0)) (i32.const -2))
        (then (return (i32.const 3))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 900))))
    (i32.const 0)))

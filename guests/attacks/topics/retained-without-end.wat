;; Retains a large value under one name after the other, for each message that is not an answer to that.
;; @expect harmless
;; @grants {"publish": [">"]}
;; @limits {"fuel": "1G"}
;; @messages 4
(module
  (import "caxton" "publish" (func $publish (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (global $count (mut i32) (i32.const 0))
  (data (i32.const 8) "bomb.aaaa")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func (export "handle_message") (param $ptr i32) (param i32) (result i32)
    (local $i i32)
    ;; Anything but an inform is a refusal.
    (if (i32.ne (i32.load8_u (i32.add (local.get $ptr) (i32.const 17))) (i32.const 105)) (then (return (i32.const 0))))
    (memory.fill (i32.const 16384) (i32.const 55) (i32.const 32768))
    (loop $again
      (i32.store8 (i32.const 13) (i32.add (i32.const 97) (i32.rem_u (global.get $count) (i32.const 26))))
      (i32.store8 (i32.const 14) (i32.add (i32.const 97) (i32.rem_u (i32.div_u (global.get $count) (i32.const 26)) (i32.const 26))))
      (i32.store8 (i32.const 15) (i32.add (i32.const 97) (i32.div_u (global.get $count) (i32.const 676))))
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (drop (call $publish (i32.const 8) (i32.const 9) (i32.const 16384) (i32.const 16384) (i32.const 1)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 900))))
    (i32.const 0)))

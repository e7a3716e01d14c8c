;; Writes to a person, which the grant of everybody does not give.
;; @expect harmless
;; @grants {"send": ["*"]}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (global $done (mut i32) (i32.const 0))
  (data (i32.const 8192) "{\22performative\22:\22request\22,\22receiver\22:\22human:ann\22,\22reply_with\22:\22q\22}")
  (data (i32.const 8266) "{\22performative\22:\22request\22,\22receiver\22:[\22user\22,\22human:ann\22],\22reply_with\22:\22q\22}")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32)
    (if (global.get $done) (then (return (i32.const 0))))
    (global.set $done (i32.const 1))
    (loop $again
      (drop (call $send (i32.const 8192) (i32.const 66)))
      (drop (call $send (i32.const 8266) (i32.const 75)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 200))))
    (i32.const 0)))

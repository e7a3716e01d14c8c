;; Answers its own question in the name of the person, and asks the bank in that name.
;; @expect harmless
;; @grants {"send": ["*", "human:ann"]}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (global $done (mut i32) (i32.const 0))
  (data (i32.const 8192) "{\22performative\22:\22accept-proposal\22,\22receiver\22:\22neighbour\22,\22sender\22:\22human:ann\22,\22content\22:\22yes\22}")
  (data (i32.const 8294) "{\22performative\22:\22inform\22,\22receiver\22:\22human:ann\22,\22sender\22:\22human:ann\22,\22content\22:\22yes\22}")
  (data (i32.const 8387) "{\22performative\22:\22request\22,\22receiver\22:\22human:ann\22,\22reply_with\22:\22q\22,\22sender\22:\22caxton\22}")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32)
    (if (global.get $done) (then (return (i32.const 0))))
    (global.set $done (i32.const 1))
    (loop $again
      (drop (call $send (i32.const 8192) (i32.const 94)))
      (drop (call $send (i32.const 8294) (i32.const 85)))
      (drop (call $send (i32.const 8387) (i32.const 84)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 200))))
    (i32.const 0)))

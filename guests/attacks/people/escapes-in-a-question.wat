;; Asks with escape sequences, right-to-left marks and lines that look like those of the command, in every field that it may choose.
;; @expect harmless
;; @grants {"send": ["human:ann"]}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (global $done (mut i32) (i32.const 0))
  (data (i32.const 8192) "{\22performative\22:\22request\22,\22receiver\22:\22human:ann\22,\22reply_with\22:\22\5cu001b[8m\22,\22content\22:\22\5cu001b[2J\5cu001b[Hfor: human:ann\5cnfrom: bank\5cn\5cu202eevil\5cu2028\5cu0007\5cu009b31m\22,\22conversation_id\22:\22\5cu001b]0;owned\5cu0007\22,\22language\22:\22\5cu0000\22,\22ontology\22:\22\5cu200b\22}")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32)
    (if (global.get $done) (then (return (i32.const 0))))
    (global.set $done (i32.const 1))
    (loop $again
      (drop (call $send (i32.const 8192) (i32.const 244)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1))))
    (i32.const 0)))

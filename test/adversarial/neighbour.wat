;; The innocent neighbour of every attack. It counts its messages and answers each with the count, in nine digits.
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (global $count (mut i32) (i32.const 0))
  (data (i32.const 1024) "{\"performative\":\"inform\",\"receiver\":\"user\",\"content\":\"000000000\"}")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func (export "handle_message") (param i32 i32) (result i32)
    (local $rest i32) (local $at i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (local.set $rest (global.get $count))
    (local.set $at (i32.const 1086))
    (loop $digit
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $rest) (i32.const 10))))
      (local.set $rest (i32.div_u (local.get $rest) (i32.const 10)))
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (br_if $digit (i32.ge_u (local.get $at) (i32.const 1078))))
    (call $send (i32.const 1024) (i32.const 65))))

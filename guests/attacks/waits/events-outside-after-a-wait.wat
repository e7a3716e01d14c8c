;; Lets the events of a sleep be written over its subscriptions, at the very end of its memory and beyond.
;; @expect harmless
;; @grants {"clock": "1ms"}
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $sleep (param $in i32) (param $out i32) (param $count i32) (result i32)
    (i32.store offset=16 (local.get $in) (i32.const 1)) (i64.store offset=24 (local.get $in) (i64.const 1000000))
    (call $poll (local.get $in) (local.get $out) (i32.const 1) (local.get $count)))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (if (call $sleep (i32.const 65488) (i32.const 65488) (i32.const 65532)) (then (unreachable)))
    (if (i32.ne (call $sleep (i32.const 0) (i32.const 65505) (i32.const 64)) (i32.const 21)) (then (unreachable)))
    (if (i32.ne (call $sleep (i32.const 0) (i32.const 64) (i32.const 65533)) (i32.const 21)) (then (unreachable)))
    (if (i32.ne (call $sleep (i32.const 0) (i32.const -16) (i32.const 64)) (i32.const 21)) (then (unreachable)))
    (i32.const 0)))

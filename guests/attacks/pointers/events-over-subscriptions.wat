;; Polls with the place for events over the subscriptions.
;; @expect harmless
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call $poll (i32.const 0) (i32.const 8) (i32.const 16) (i32.const 0))))

;; Subscribes to its own topic and publishes there whenever something comes, retained as well.
;; @expect harmless
;; @grants {"subscribe": ["self"], "publish": ["self"]}
;; @messages 3
(module
  (import "caxton" "subscribe_topic" (func $subscribe (param i32 i32) (result i32)))
  (import "caxton" "publish" (func $publish (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "self1")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func (export "handle_message") (param i32 i32) (result i32)
    (i32.or
      (call $subscribe (i32.const 8) (i32.const 4))
      (i32.or
        (call $publish (i32.const 8) (i32.const 4) (i32.const 12) (i32.const 1) (i32.const 1))
        (call $publish (i32.const 8) (i32.const 4) (i32.const 12) (i32.const 1) (i32.const 0))))))

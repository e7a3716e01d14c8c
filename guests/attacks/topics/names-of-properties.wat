;; Subscribes to and retains values under names that objects of JavaScript have.
;; @expect harmless
;; @grants {"subscribe": [">"], "publish": [">"]}
;; @messages 3
(module
  (import "caxton" "subscribe_topic" (func $subscribe (param i32 i32) (result i32)))
  (import "caxton" "publish" (func $publish (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "__proto__constructorprototype.constructortoStringhasOwnProperty.__proto__then")
  (data (i32.const 512) "\7b\22\5f\5f\70\72\6f\74\6f\5f\5f\22\3a\7b\22\78\22\3a\31\7d\7d")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $both (param $at i32) (param $length i32) (result i32)
    (i32.or
      (call $subscribe (local.get $at) (local.get $length))
      (call $publish (local.get $at) (local.get $length) (i32.const 512) (i32.const 21) (i32.const 1))))
  (func (export "handle_message") (param i32 i32) (result i32)
    (if (i32.ne (call $both (i32.const 8) (i32.const 9)) (i32.const 0)) (then (return (i32.const 2))))
    (if (i32.ne (call $both (i32.const 17) (i32.const 11)) (i32.const 0)) (then (return (i32.const 3))))
    (if (i32.ne (call $both (i32.const 28) (i32.const 21)) (i32.const 0)) (then (return (i32.const 4))))
    (if (i32.ne (call $both (i32.const 49) (i32.const 8)) (i32.const 0)) (then (return (i32.const 5))))
    (if (i32.ne (call $both (i32.const 57) (i32.const 24)) (i32.const 0)) (then (return (i32.const 6))))
    (if (i32.ne (call $both (i32.const 81) (i32.const 4)) (i32.const 0)) (then (return (i32.const 7))))
    (i32.const 0)))

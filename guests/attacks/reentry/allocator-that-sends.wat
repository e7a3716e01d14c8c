;; Sends messages from inside its allocator.
;; @expect harmless
;; @grants {"send": ["user"]}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "{\"performative\":\"inform\",\"receiver\":\"user\"}")
  (func (export "caxton_alloc") (param i32) (result i32)
    (drop (call $send (i32.const 8) (i32.const 43)))
    (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

;; Calls `send_message` at every depth until the stack is full: the host must not break at its edge.
;; @expect ERR_LIMIT_STACK
;; @grants {"send": ["user"]}
;; @limits {"fuel": "100G", "messages": 1000000, "host_calls": 1000000}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "{\"performative\":\"inform\",\"receiver\":\"user\",\"content\":[[1,{\"a\":2}]]}")
  (func $host (result i32) (call $send (i32.const 8) (i32.const 67)))
  (func $deep (result i32) (drop (call $host)) (i32.add (call $deep) (i32.const 1)))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call $deep)))

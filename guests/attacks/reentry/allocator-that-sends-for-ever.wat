;; Sends messages from inside its allocator until it is stopped.
;; @expect ERR_LIMIT_MESSAGES
;; @grants {"send": ["user"]}
;; @limits {"fuel": "1G"}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "{\"performative\":\"inform\",\"receiver\":\"user\"}")
  (func (export "caxton_alloc") (param i32) (result i32)
    (loop $again (drop (call $send (i32.const 8) (i32.const 43))) (br $again))
    (unreachable))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

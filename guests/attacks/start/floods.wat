;; Sends from its start function until it is stopped.
;; @expect ERR_LIMIT_MESSAGES at deploy
;; @grants {"send": ["user"]}
;; @limits {"fuel": "1G"}
(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "{\"performative\":\"inform\",\"receiver\":\"user\"}")
  (func $start (loop $again (drop (call $send (i32.const 8) (i32.const 43))) (br $again)))
  (start $start)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

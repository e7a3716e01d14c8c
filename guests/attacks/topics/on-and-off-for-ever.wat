;; Subscribes and unsubscribes until it is stopped: each time everything that is retained would have to be looked at.
;; @expect ERR_LIMIT_FUEL
;; @grants {"subscribe": [">"]}
(module
  (import "caxton" "subscribe_topic" (func $subscribe (param i32 i32) (result i32)))
  (import "caxton" "unsubscribe_topic" (func $unsubscribe (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) ">")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func (export "handle_message") (param i32 i32) (result i32)
    (loop $again
      (drop (call $subscribe (i32.const 8) (i32.const 1)))
      (drop (call $unsubscribe (i32.const 8) (i32.const 1)))
      (br $again))
    (unreachable)))

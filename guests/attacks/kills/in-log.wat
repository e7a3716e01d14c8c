;; Calls `log` for ever, with fuel for years: it is killed in the middle of one.
;; @expect ERR_LIMIT_WALL
;; @limits {"fuel": "1000T", "wall": "20ms", "host_calls": 1000000000, "messages": 1000000}
;; @grants {"send": ["*"], "register": ["count"], "log": "debug", "clock": "1ms", "random": "secure"}
(module
  (import "caxton" "log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again (drop (call $log (i32.const 1) (i32.const 0) (i32.const 100))) (br $again))
    (unreachable)))

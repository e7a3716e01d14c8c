;; Catches everything around a host call that has to end it, in the older form.
;; @expect ERR_LIMIT_HOST_CALLS
;; @limits {"host_calls": 10}
;; @grants {"log": "info"}
(module
  (import "caxton" "log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again
      (try (do (loop $calls (drop (call $log (i32.const 9) (i32.const 0) (i32.const 0))) (br $calls))) (catch_all))
      (br $again))
    (unreachable)))

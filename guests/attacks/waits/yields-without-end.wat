;; Gives its turn away, again and again: each time costs its thread more than it costs the guest.
;; @expect ERR_LIMIT_HOST_CALLS
;; @limits {"fuel": "1G", "host_calls": 2000}
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again (drop (call $yield)) (br $again))
    (unreachable)))

;; Catches whatever ends its wait and goes on.
;; @expect ERR_LIMIT_WAIT
;; @grants {"clock": "1ms"}
;; @limits {"wait": "40ms", "fuel": "1G"}
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\01\00\00\00") (data (i32.const 24) "\ff\ff\ff\ff\ff\ff\ff\7f")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again
      (block $caught
        (try_table (catch_all $caught)
          (drop (call $poll (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 1024)))))
      (br $again))
    (unreachable)))

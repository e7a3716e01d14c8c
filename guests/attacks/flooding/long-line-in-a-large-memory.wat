;; Logs a line of 600 MB, more than a text can have.
;; @expect harmless
;; @grants {"log": "info"}
;; @limits {"fuel": "1T", "memory": "1GiB", "wall": "60s"}
(module
  (import "caxton" "log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 10000)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.ne (call $log (i32.const 1) (i32.const 0) (i32.const 600000000)) (i32.const -7))))

;; Calls `fd_fdstat_set_rights` with pointers that lie outside, wrap, or end one byte too late: none may succeed, and
;; nothing may be written.
;; @expect harmless
;; @grants {"send": ["*"], "register": ["count"], "log": "debug", "clock": "1ms", "random": "secure"}
(module
  (import "wasi_snapshot_preview1" "fd_fdstat_set_rights" (func $host (param i32 i64 i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (if (i32.eqz (call $host (i32.const 1) (i64.const -1) (i64.const -1))) (then (return (i32.const 1))))
    (if (i32.eqz (call $host (i32.const 1) (i64.const -1) (i64.const -1))) (then (return (i32.const 2))))
    (if (i32.eqz (call $host (i32.const 1) (i64.const -1) (i64.const -1))) (then (return (i32.const 3))))
    (if (i32.eqz (call $host (i32.const 1) (i64.const -1) (i64.const -1))) (then (return (i32.const 4))))
    (if (i32.eqz (call $host (i32.const 1) (i64.const -1) (i64.const -1))) (then (return (i32.const 5))))
    (if (i32.eqz (call $host (i32.const 1) (i64.const -1) (i64.const -1))) (then (return (i32.const 6))))
    (i32.const 0)))

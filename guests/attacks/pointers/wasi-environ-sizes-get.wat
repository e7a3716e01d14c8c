;; Calls `environ_sizes_get` with pointers that lie outside, wrap, or end one byte too late: none may succeed, and
;; nothing may be written.
;; @expect harmless
;; @grants {"send": ["*"], "register": ["count"], "log": "debug", "clock": "1ms", "random": "secure"}
(module
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $host (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (if (i32.eqz (call $host (i32.const -1) (i32.const 16))) (then (return (i32.const 1))))
    (if (i32.eqz (call $host (i32.const 65535) (i32.const 2))) (then (return (i32.const 2))))
    (if (i32.eqz (call $host (i32.const -16) (i32.const 32))) (then (return (i32.const 3))))
    (if (i32.eqz (call $host (i32.const 2147483647) (i32.const 8))) (then (return (i32.const 4))))
    (if (i32.eqz (call $host (i32.const 65536) (i32.const 64))) (then (return (i32.const 5))))
    (if (i32.eqz (call $host (i32.const -65536) (i32.const 65536))) (then (return (i32.const 6))))
    (i32.const 0)))

;; Watches all there is under as many numbers as it likes, and answers what it is told by watching more.
;; @expect harmless
;; @grants {"directory": ["*"]}
(module
  (import "caxton" "watch_directory" (func $watch (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "{}")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32)
    (loop $again
      ;; The first sixteen are OK (0), all others LIMIT (-7).
      (if (i32.ne (call $watch (local.get $i) (i32.const 8) (i32.const 2))
                  (select (i32.const 0) (i32.const -7) (i32.lt_u (local.get $i) (i32.const 16))))
        (then (return (i32.const 2))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 200))))
    (i32.const 0)))

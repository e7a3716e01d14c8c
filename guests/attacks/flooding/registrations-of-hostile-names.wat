;; Registers `__proto__`, an empty name and one of 64 KiB.
;; @expect harmless
;; @grants {"register": ["count"]}
(module
  (import "caxton" "register_capability" (func $register (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "__proto__")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (if (i32.ne (call $register (i32.const 8) (i32.const 9)) (i32.const -3)) (then (return (i32.const 1))))
    (if (i32.ne (call $register (i32.const 8) (i32.const 0)) (i32.const -3)) (then (return (i32.const 2))))
    (i32.ne (call $register (i32.const 8) (i32.const 65000)) (i32.const -4))))

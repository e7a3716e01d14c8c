;; Registers the same capability thousands of times.
;; @expect harmless
;; @grants {"register": ["count"]}
(module
  (import "caxton" "register_capability" (func $register (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "count")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32)
    (loop $again
      (drop (call $register (i32.const 8) (i32.const 5)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20000))))
    (i32.const 0)))

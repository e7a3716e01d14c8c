;; Calls itself: fuel ends before the stack does.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": 5000}
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call $handle (local.get $ptr) (local.get $len))))

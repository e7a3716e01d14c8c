;; Calls its start function without end.
;; @expect ERR_LIMIT_STACK at deploy
;; @limits {"fuel": "100G"}
(module
  (memory (export "memory") 1)
  (func $start (call $start) (drop (memory.size)))
  (start $start)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

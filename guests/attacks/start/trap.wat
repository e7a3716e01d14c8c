;; Traps in its start function.
;; @expect ERR_GUEST_TRAP at deploy
(module
  (memory (export "memory") 1)
  (func $start (unreachable))
  (start $start)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

;; Grows its memory in its start function and traps.
;; @expect ERR_LIMIT_MEMORY at deploy
(module
  (memory (export "memory") 1)
  (func $start (loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (unreachable))
  (start $start)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

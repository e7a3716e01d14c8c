;; Throws in its start function.
;; @expect ERR_GUEST_EXCEPTION at deploy
(module
  (memory (export "memory") 1)
  (tag $oops)
  (func $start (throw $oops))
  (start $start)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

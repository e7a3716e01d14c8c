;; Throws inside its allocator.
;; @expect ERR_GUEST_EXCEPTION
(module
  (memory (export "memory") 1)
  (tag $oops)
  (func (export "caxton_alloc") (param i32) (result i32) (throw $oops))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

;; Answers a failure from its initialisation.
;; @expect ERR_GUEST_STATUS at deploy
(module
  (memory (export "memory") 1)
  (func (export "agent_init") (result i32) (i32.const 7))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

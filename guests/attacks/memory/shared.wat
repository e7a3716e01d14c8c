;; Declares a shared memory, which would be a clock.
;; @expect ERR_INSTRUMENT_MEMORY_REFUSED at deploy
(module
  (memory (export "memory") 1 2 shared)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

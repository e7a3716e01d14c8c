;; Loops in the entry of a WASI reactor.
;; @expect ERR_LIMIT_FUEL at deploy
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func (export "_initialize") (loop $again (br $again)))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

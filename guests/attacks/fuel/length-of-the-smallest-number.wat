;; Fills with a length of 2^31, negative for whoever takes it as signed: a negative price would be a gift.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x80000000))
    (i32.const 0)))

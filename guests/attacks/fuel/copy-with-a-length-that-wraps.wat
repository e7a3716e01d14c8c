;; Copies in a 64-bit memory with a length of 2^63.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1) (memory i64 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (memory.copy 1 1 (i64.const 0) (i64.const 0) (i64.const 0x8000000000000000))
    (i32.const 0)))

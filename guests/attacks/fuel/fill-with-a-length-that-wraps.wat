;; Fills a 64-bit memory with a length of 2^64 - 1, which a counter could take for -1.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1) (memory i64 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (memory.fill 1 (i64.const 0) (i32.const 1) (i64.const -1))
    (i32.const 0)))

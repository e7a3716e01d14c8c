;; Grows a 64-bit memory by 2^63 and by 2^64 - 1 pages.
;; @expect harmless
(module
  (memory (export "memory") 1) (memory i64 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i64.ne (i64.and (memory.grow 1 (i64.const 0x8000000000000000)) (memory.grow 1 (i64.const -1))) (i64.const -1))))

;; Declares a 64-bit memory of 16 GiB.
;; @expect ERR_LIMIT_MEMORY at deploy
(module
  (memory $m i64 262144) (export "memory" (memory $m))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

;; Exports a 64-bit memory and passes pointers of 32 bits.
;; @expect harmless
;; @grants {"log": "info"}
(module
  (import "caxton" "log" (func $log (param i32 i32 i32) (result i32)))
  (memory $m i64 1) (export "memory" (memory $m))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.ne (call $log (i32.const 1) (i32.const -1) (i32.const 1)) (i32.const -5))))

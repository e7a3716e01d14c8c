;; Sets timers and has nothing that they could call.
;; @expect ERR_MODULE_EXPORT_MISSING at deploy
;; @grants {"timers": 4}
(module
  (import "caxton" "set_timer" (func $set (param i32 i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func (export "handle_message") (param $ptr i32) (param $len i32) (result i32) (i32.const 0)))

;; Asks the configuration for `__proto__`.
;; @expect harmless
;; @config {"key": "value"}
(module
  (import "caxton" "get_config" (func $config (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "__proto__")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.ne (call $config (i32.const 8) (i32.const 9) (i32.const 64) (i32.const 64)) (i32.const -6))))

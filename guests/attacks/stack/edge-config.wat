;; Calls `get_config` at every depth until the stack is full: the host must not break at its edge.
;; @expect ERR_LIMIT_STACK
;; @config {"key": "value"}
;; @limits {"fuel": "100G", "host_calls": 1000000}
(module
  (import "caxton" "get_config" (func $config (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "key")
  (func $host (result i32) (call $config (i32.const 8) (i32.const 3) (i32.const 64) (i32.const 64)))
  (func $deep (result i32) (drop (call $host)) (i32.add (call $deep) (i32.const 1)))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call $deep)))

;; Starts agents without end, of a template that there is not.
;; @expect ERR_LIMIT_FUEL
;; @grants {"spawn": {"templates": ["worker"], "agents": 4}}
(module
  (import "caxton" "spawn_agent" (func $spawn (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "{\"template\":\"worker\"}")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again
      (if (i32.ne (call $spawn (i32.const 8) (i32.const 21)) (i32.const -1)) (then (return (i32.const 2))))
      (br $again))
    (unreachable)))

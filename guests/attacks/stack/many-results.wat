;; Calls itself with a thousand results in every frame.
;; @expect ERR_LIMIT_STACK
;; @limits {"fuel": "100G"}
(module
  (memory (export "memory") 1)
  (func $deep (result {{1000 * i32 }}) (call $deep) {{1000 * (drop) }} {{1000 * (i32.const #) }})
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call $deep)
    {{999 * (drop) }}))

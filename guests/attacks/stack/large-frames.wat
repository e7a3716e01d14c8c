;; Calls itself with 20,000 locals in every frame: the guard behind the stack is smaller than one of them.
;; @expect ERR_LIMIT_STACK
;; @limits {"fuel": "100G"}
(module
  (memory (export "memory") 1)
  (func $deep (result i32) (local {{20000 * i64 }})
    (i32.add (call $deep) (i32.wrap_i64 (local.get 19999))))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call $deep)))

;; Throws in every frame of a stack that is nearly full.
;; @expect ERR_LIMIT_STACK
;; @limits {"fuel": "100G"}
(module
  (memory (export "memory") 1)
  (tag $oops)
  (func $deep (block $caught (try_table (catch $oops $caught) (throw $oops))) (call $deep) (drop (memory.size)))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call $deep)
    (i32.const 0)))

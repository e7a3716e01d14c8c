;; Has the message written over its own data.
;; @expect harmless
(module
  (memory (export "memory") 1)
  (data (i32.const 8) "{\"performative\":\"inform\",\"receiver\":\"user\"}")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 8))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.ne (local.get $ptr) (i32.const 8))))

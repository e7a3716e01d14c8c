;; Calls itself by tail calls through a reference.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (type $type (func (param i32 i32) (result i32)))
  (elem declare func $handle)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (return_call_ref $type (local.get $ptr) (local.get $len) (ref.func $handle))))

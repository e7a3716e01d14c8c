;; Makes one array larger than the heap of its thread, with all the fuel in the world.
;; @expect ERR_LIMIT_MEMORY
;; @limits {"fuel": "1T"}
(module
  (memory (export "memory") 1)
  (type $bytes (array (mut i8)))
  (global $kept (mut (ref null $bytes)) (ref.null $bytes))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (global.set $kept (array.new $bytes (i32.const 1) (i32.const 1000000000)))
    (i32.const 0)))

;; Fills an array of the heap with every instruction.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (type $bytes (array (mut i8)))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $a (ref $bytes))
    (local.set $a (array.new_default $bytes (i32.const 100000)))
    (loop $again (array.fill $bytes (local.get $a) (i32.const 0) (i32.const 1) (i32.const 100000)) (br $again))
    (unreachable)))

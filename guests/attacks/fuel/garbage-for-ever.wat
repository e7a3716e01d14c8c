;; Makes arrays and drops them: collecting them is work, too.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (type $bytes (array (mut i8)))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again (drop (array.new_default $bytes (i32.const 1000))) (br $again))
    (unreachable)))

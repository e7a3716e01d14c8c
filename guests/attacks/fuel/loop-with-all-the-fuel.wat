;; Has fuel for years: wall time ends it.
;; @expect ERR_LIMIT_WALL
;; @limits {"fuel": "1000T", "wall": "20ms"}
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again (br $again))
    (unreachable)))

;; Loops in its start function with fuel for years.
;; @expect ERR_LIMIT_WALL at deploy
;; @limits {"fuel": "1000T", "wall": "20ms"}
(module
  (memory (export "memory") 1)
  (func $start (loop $again (br $again)))
  (start $start)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

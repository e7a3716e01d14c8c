;; Has fuel for years and a loop whose turns are all known: it must let its neighbours run all the same, until wall time ends it.
;; @expect ERR_LIMIT_WALL
;; @limits {"fuel": "1000T", "wall": "20ms"}
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $i i32)
    (loop $forever
      (loop $again (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const -1))))
      (br $forever))
    (unreachable)))

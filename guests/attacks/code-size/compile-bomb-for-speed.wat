;; Is to be compiled for speed, and keeps the optimising compiler busy far beyond its wall time: tables of branches that lead to two places.
;; @expect ERR_SANDBOX_PROCESS_LOST
;; @compile speed
;; @limits {"wall": "1s"}
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (block $x (block $y (br_table {{30000 * $x $y }}(local.get $len))) (local.set $len (i32.add (local.get $len) (i32.const 1))))
    (block $x (block $y (br_table {{30000 * $x $y }}(local.get $len))) (local.set $len (i32.add (local.get $len) (i32.const 1))))
    (block $x (block $y (br_table {{30000 * $x $y }}(local.get $len))) (local.set $len (i32.add (local.get $len) (i32.const 1))))
    (block $x (block $y (br_table {{30000 * $x $y }}(local.get $len))) (local.set $len (i32.add (local.get $len) (i32.const 1))))
    (block $x (block $y (br_table {{30000 * $x $y }}(local.get $len))) (local.set $len (i32.add (local.get $len) (i32.const 1))))
    (block $x (block $y (br_table {{30000 * $x $y }}(local.get $len))) (local.set $len (i32.add (local.get $len) (i32.const 1))))
    (block $x (block $y (br_table {{30000 * $x $y }}(local.get $len))) (local.set $len (i32.add (local.get $len) (i32.const 1))))
    (i32.const 0)))

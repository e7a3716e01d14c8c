;; Wanders through nested blocks by tables of branches.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $at i32)
    (loop $again
      {{60 * (block $b# }}
      (local.set $at (i32.add (local.get $at) (i32.const 7)))
      (br_table {{60 * $b# }} $again (i32.rem_u (local.get $at) (i32.const 61)))
      {{60 * ) (nop) }}
      (br $again))
    (unreachable)))

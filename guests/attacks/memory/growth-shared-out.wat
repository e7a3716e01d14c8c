;; Grows eight memories in turn: the limit holds for their sum.
;; @expect harmless
(module
  (memory (export "memory") 1) {{7 * (memory 1) }}
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    {{8 * (loop $l# (br_if $l# (i32.ne (memory.grow # (i32.const 1)) (i32.const -1)))) }}
    (i32.gt_u (i32.add {{7 * (i32.add (memory.size #) }} (memory.size 7) {{7 * ) }} (memory.size 7)) (i32.const 512))))

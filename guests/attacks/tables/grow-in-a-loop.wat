;; Grows its table until it gets no more, and then sees that it got no more than 100,000.
;; @expect harmless
(module
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again (br_if $again (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1))))
    (i32.gt_u (table.size $t) (i32.const 100000))))

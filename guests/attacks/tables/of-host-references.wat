;; Fills a table for references of the host to its limit.
;; @expect harmless
(module
  (memory (export "memory") 1)
  (table $t 1 externref)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (drop (table.grow $t (ref.null extern) (i32.const 99999)))
    (table.fill $t (i32.const 0) (ref.null extern) (table.size $t))
    (i32.const 0)))

;; Extended constant expressions, in globals, segments and tables.
(module
  (import "spectest" "global_i32" (global $base i32))
  (global (export "sum") i32 (i32.add (global.get $base) (i32.mul (i32.const 3) (i32.const 4))))
  (global (export "wide") i64 (i64.sub (i64.const 5) (i64.const 7)))
  (memory 1)
  (data (offset (i32.sub (global.get $base) (i32.const 660))) "x")
  (func (export "load") (result i32) (i32.load8_u (i32.const 6)))
)
(assert_return (get "sum") (i32.const 678))
(assert_return (get "wide") (i64.const -2))
(assert_return (invoke "load") (i32.const 120))

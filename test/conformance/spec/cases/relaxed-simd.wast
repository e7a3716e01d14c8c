(module
  (func (export "swizzle") (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))
  (func (export "min") (param v128 v128) (result v128) (f32x4.relaxed_min (local.get 0) (local.get 1)))
)
(assert_return
  (invoke "swizzle" (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15) (v128.const i8x16 0 0 0 0 1 1 1 1 2 2 2 2 3 3 3 16))
  (either (v128.const i8x16 0 0 0 0 1 1 1 1 2 2 2 2 3 3 3 0) (v128.const i8x16 0 0 0 0 1 1 1 1 2 2 2 2 3 3 3 16)))
(assert_return
  (invoke "min" (v128.const f32x4 -0 1 2 3) (v128.const f32x4 0 5 1 3))
  (either (v128.const f32x4 -0 1 1 3) (v128.const f32x4 0 1 1 3)))

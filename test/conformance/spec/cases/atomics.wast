;; Atomic instructions on a memory of one thread.
(module
  (memory 1 1)
  (func (export "add") (param i32 i32) (result i32) (i32.atomic.rmw.add (local.get 0) (local.get 1)))
  (func (export "exchange") (param i32 i32 i32) (result i32) (i32.atomic.rmw.cmpxchg (local.get 0) (local.get 1) (local.get 2)))
  (func (export "load") (param i32) (result i32) (i32.atomic.load (local.get 0)))
  (func (export "notify") (result i32) (memory.atomic.notify (i32.const 0) (i32.const 1)))
)
(assert_return (invoke "add" (i32.const 4) (i32.const 5)) (i32.const 0))
(assert_return (invoke "add" (i32.const 4) (i32.const 5)) (i32.const 5))
(assert_return (invoke "exchange" (i32.const 4) (i32.const 10) (i32.const 1)) (i32.const 10))
(assert_return (invoke "load" (i32.const 4)) (i32.const 1))
(assert_trap (invoke "load" (i32.const 1)) "unaligned atomic")
(assert_return (invoke "notify") (i32.const 0))

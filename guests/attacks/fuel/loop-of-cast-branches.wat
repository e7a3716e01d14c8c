;; Loops by a branch on a failed cast.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again
      (drop (block $failed (result eqref) (drop (br_on_cast_fail $failed eqref (ref i31) (ref.null eq))) (unreachable)))
      (br $again))
    (unreachable)))

;; Keeps an exception and throws it again, for ever.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (tag $oops)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (local $kept exnref)
    (local.set $kept (block $first (result exnref) (try_table (catch_all_ref $first) (throw $oops)) (unreachable)))
    (loop $again
      (local.set $kept (block $next (result exnref) (try_table (catch_all_ref $next) (throw_ref (local.get $kept))) (unreachable)))
      (br $again))
    (unreachable)))

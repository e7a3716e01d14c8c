;; Throws and catches for ever, in the older form.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "1M"}
(module
  (memory (export "memory") 1)
  (tag $oops)
  (func $throws (throw $oops))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again (try (do (call $throws)) (catch_all)) (br $again))
    (unreachable)))

;; Fills 16 MiB with every instruction.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "50M"}
(module
  (memory (export "memory") 256)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again (memory.fill (i32.const 0) (i32.const 1) (i32.const 16777216)) (br $again))
    (unreachable)))

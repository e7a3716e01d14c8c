;; Fills the heap of the engine with a list that it keeps.
;; @expect ERR_LIMIT_FUEL
;; @limits {"fuel": "20M"}
(module
  (memory (export "memory") 1)
  (type $node (struct (field (ref null $node))))
  (global $head (mut (ref null $node)) (ref.null $node))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again (global.set $head (struct.new $node (global.get $head))) (br $again))
    (unreachable)))

;; Keeps an array of 60 MB, which may be the one object that does not fit into what a full heap leaves.
;; @expect ERR_LIMIT_MEMORY
;; @limits {"memory": "64MiB"}
(module
  (memory (export "memory") 1)
  (type $bytes (array (mut i8)))
  (type $node (struct (field (ref null $node)) (field (ref $bytes))))
  (global $head (mut (ref null $node)) (ref.null $node))
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (global.set $head (struct.new $node (global.get $head) (array.new $bytes (i32.const 1) (i32.const 60000000))))
    (i32.const 0)))

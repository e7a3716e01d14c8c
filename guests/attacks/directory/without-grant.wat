;; Looks into the directory without being granted that.
;; @expect ERR_GRANT_MISSING at deploy
;; @grants {"register": ["count"]}
(module
  (import "caxton" "search_directory" (func $search (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (call $search (i32.const 0) (i32.const 2))))

;; Searches for what nobody offers, again and again.
;; @expect ERR_LIMIT_FUEL
;; @grants {"directory": ["*"]}
;; @limits {"fuel": "30M"}
(module
  (import "caxton" "search_directory" (func $search (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "{\"properties\":{\"none\":true}}")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (loop $again
      (drop (call $search (i32.const 8) (i32.const 28)))
      (br $again))
    (i32.const 0)))

;; Imports the tag with which JavaScript throws, to catch the host.
;; @expect ERR_INSTRUMENT_IMPORT_REFUSED at deploy
(module
  (import "wasm:js" "JSTag" (tag (param externref)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (i32.const 0)))

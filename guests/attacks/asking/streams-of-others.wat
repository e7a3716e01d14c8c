;; Reads and closes streams that it has not opened, into memory that it does not have.
;; @expect harmless
;; @grants {"send": ["*"], "http": [{"url": "http://127.0.0.1:9/*", "methods": ["GET", "POST"]}], "tools": ["fake/*"]}
(module
  (import "caxton" "http_read" (func $read (param i32 i32 i32) (result i32)))
  (import "caxton" "http_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
  (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
    (if (i32.ne (call $read (i32.const 0) (i32.const 0) (i32.const 64)) (i32.const -6)) (then (return (i32.const 1))))
    (if (i32.ne (call $close (i32.const 0)) (i32.const -6)) (then (return (i32.const 2))))
    (if (i32.ne (call $read (i32.const 1) (i32.const 0) (i32.const 64)) (i32.const -6)) (then (return (i32.const 3))))
    (if (i32.ne (call $close (i32.const 1)) (i32.const -6)) (then (return (i32.const 4))))
    (if (i32.ne (call $read (i32.const -1) (i32.const 0) (i32.const 64)) (i32.const -6)) (then (return (i32.const 5))))
    (if (i32.ne (call $close (i32.const -1)) (i32.const -6)) (then (return (i32.const 6))))
    (if (i32.ne (call $read (i32.const 2147483647) (i32.const 0) (i32.const 64)) (i32.const -6)) (then (return (i32.const 7))))
    (if (i32.ne (call $close (i32.const 2147483647)) (i32.const -6)) (then (return (i32.const 8))))
    (if (i32.ne (call $read (i32.const 1) (i32.const 65535) (i32.const 2)) (i32.const -5)) (then (return (i32.const 9))))
    (if (i32.ne (call $read (i32.const 1) (i32.const -1) (i32.const -1)) (i32.const -5)) (then (return (i32.const 10))))
    (i32.const 0)))

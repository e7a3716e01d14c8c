import binaryen from 'binaryen'
import { TOKEN_DIGITS } from './tokens.ts'

/** Under this key a relay counts tokens that it had handled before. */
export const DOUBLED = 'doubled'

/**
 * Makes an agent that stores each token that it gets under the token itself and passes it on, both in the handling of one message. One that it has
 * stored already is counted and goes no further. Every token sets one of ten timers anew, whose calls are stored under `fired`.
 */
export function assembleRelay(next: string): Uint8Array {
  const head = `{"performative":"inform","receiver":"${next}","content":"`
  const module = binaryen.parseText(`(module
    (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
    (import "caxton" "store_data" (func $store (param i32 i32 i32 i32) (result i32)))
    (import "caxton" "load_data" (func $load (param i32 i32 i32 i32) (result i32)))
    (import "caxton" "set_timer" (func $timer (param i32 i64) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 1024) "${head.replaceAll('"', '\\22')}")
    (data (i32.const ${1024 + head.length + TOKEN_DIGITS}) "\\22}")
    (data (i32.const 512) "${DOUBLED}") (data (i32.const 528) "fired")
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
    (func $count (param $key i32) (param $len i32) (result i32)
      (i32.store (i32.const 600) (i32.const 0))
      (drop (call $load (local.get $key) (local.get $len) (i32.const 600) (i32.const 4)))
      (i32.store (i32.const 600) (i32.add (i32.load (i32.const 600)) (i32.const 1)))
      (call $store (local.get $key) (local.get $len) (i32.const 600) (i32.const 4)))
    (func (export "handle_timer") (param i32) (result i32) (call $count (i32.const 528) (i32.const 5)))
    (func (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
      (local $token i32)
      ;; The content is the last member: a text of ${TOKEN_DIGITS} digits.
      (local.set $token (i32.sub (i32.add (local.get $ptr) (local.get $len)) (i32.const ${TOKEN_DIGITS + 2})))
      (if (i32.ge_s (call $load (local.get $token) (i32.const ${TOKEN_DIGITS}) (i32.const 600) (i32.const 4)) (i32.const 0))
        (then (return (call $count (i32.const 512) (i32.const ${DOUBLED.length})))))
      (if (call $store (local.get $token) (i32.const ${TOKEN_DIGITS}) (i32.const 600) (i32.const 1)) (then (unreachable)))
      (drop (call $timer (i32.load8_u (i32.add (local.get $token) (i32.const ${TOKEN_DIGITS - 1}))) (i64.const 30)))
      (memory.copy (i32.const ${1024 + head.length}) (local.get $token) (i32.const ${TOKEN_DIGITS}))
      ;; A message that was not sent must not count as handled.
      (call $send (i32.const 1024) (i32.const ${head.length + TOKEN_DIGITS + 2}))))`)
  module.setFeatures(binaryen.Features.BulkMemory | binaryen.Features.MutableGlobals | binaryen.Features.BulkMemoryOpt)
  try {
    return module.emitBinary()
  } finally {
    module.dispose()
  }
}

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import binaryen from 'binaryen'
import type { AgentInput } from '../../src/index.ts'
import { Caxton } from '../../src/index.ts'

/*
 * Agents that wait for replies, many at once, in threads and processes, with echoes that are killed meanwhile: every request is
 * answered by its reply or by a failure, and nothing that was held for one is left behind.
 */

const REQUESTS = 25

function assemble(wat: string): Uint8Array {
  const module = binaryen.parseText(wat)
  try {
    return module.emitBinary()
  } finally {
    module.dispose()
  }
}

function data(at: number, text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
  return `(data (i32.const ${at}) "${bytes}")`
}

const ALLOC = '(func (export "caxton_alloc") (param i32) (result i32) (i32.const 16384))'

/** Requests so many times, and answers how many times it got something. */
function askerWat(echo: string): Uint8Array {
  const draft = JSON.stringify({ performative: 'request', receiver: echo, reply_with: 'r', content: 1 })
  return assemble(`(module
    (import "caxton" "request" (func $request (param i32 i32 i32) (result i32)))
    (import "caxton" "take_result" (func $take (param i32 i32) (result i32)))
    (memory (export "memory") 1) ${data(8192, draft)} ${ALLOC}
    (func (export "handle_message") (param $ptr i32) (param $len i32) (result i32) (local $i i32) (local $n i32)
      (loop $again
        (local.set $n (call $request (i32.const 8192) (i32.const ${draft.length}) (i32.const 0)))
        (if (i32.lt_s (local.get $n) (i32.const 0)) (then (return (i32.sub (i32.const 100) (local.get $n)))))
        (if (i32.ne (call $take (i32.const 32768) (i32.const 16384)) (local.get $n)) (then (return (i32.const 90))))
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${REQUESTS}))))
      (i32.const 0)))`)
}

/** Replies; an unlucky one traps at every seventh message. */
function echoWat(asker: string, isUnlucky: boolean): Uint8Array {
  const reply = JSON.stringify({ performative: 'inform', receiver: asker, in_reply_to: 'r', content: 2 })
  const trap = '(if (i32.eqz (i32.rem_u (global.get $count) (i32.const 7))) (then (unreachable)))'
  return assemble(`(module
    (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
    (memory (export "memory") 1) (global $count (mut i32) (i32.const 0)) ${data(8192, reply)} ${ALLOC}
    (func (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      ${isUnlucky ? trap : ''}
      (call $send (i32.const 8192) (i32.const ${reply.length}))))`)
}

for (const isolation of ['thread', 'process:hammer'] as const) {
  suite(`agents that wait for replies, in a ${isolation.split(':')[0]}`, () => {
    test('all get their replies or a failure, and nothing is left behind', async () => {
      await using caxton = await Caxton.start({ threads: 2 })
      let handled = 0
      caxton.subscribe((event) => {
        if (event.type === 'handled' && event.agent.startsWith('asker') && event.status === 0) handled += 1
      })
      const pairs = Array.from({ length: 6 }, (_, index) => index)
      for (const index of pairs) {
        const shared: Partial<AgentInput> = { grants: { send: ['*'] }, isolation }
        const isUnlucky = index % 2 === 1
        await caxton.deploy({ name: `asker-${index}`, bytes: askerWat(`echo-${index}`), ...shared })
        await caxton.deploy({
          name: `echo-${index}`,
          bytes: echoWat(`asker-${index}`, isUnlucky),
          ...shared,
          ...(isUnlucky ? { restart: { max: 1_000 } } : {}),
        })
      }
      for (const index of pairs) {
        for (let count = 0; count < 4; count += 1) caxton.send({ performative: 'request', receiver: `asker-${index}` })
      }
      await caxton.idle()
      assert.equal(handled, 24)
      for (const { name, phase, waitingMessages } of caxton.agents()) {
        assert.equal(phase, 'running', name)
        assert.equal(waitingMessages, 0, name)
      }
    })
  })
}

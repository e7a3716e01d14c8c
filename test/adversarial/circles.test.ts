import assert from 'node:assert/strict'
import { test } from 'node:test'
import binaryen from 'binaryen'
import type { CaxtonEvent } from '../../src/index.ts'
import { Caxton } from '../../src/index.ts'

/** An agent that sends the same draft for each message it gets, whatever that is. */
function parrot(draft: object): Uint8Array {
  const text = JSON.stringify(draft)
  const bytes = [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
  const module = binaryen.parseText(`(module
    (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 8192) "${bytes}")
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
    (func (export "handle_message") (param i32 i32) (result i32)
      (drop (call $send (i32.const 8192) (i32.const ${Buffer.byteLength(text)})))
      (i32.const 0)))`)
  const binary = module.emitBinary()
  module.dispose()
  return binary
}

interface Circle {
  readonly name: string
  readonly threads: number
  /** What each says to the other, beside its receiver. */
  readonly draft: object
  readonly code: string
}

const CIRCLES: readonly Circle[] = [
  {
    name: 'in one thread, each time in a new conversation',
    threads: 1,
    draft: { performative: 'inform' },
    code: 'ERR_GUARD_HOPS',
  },
  {
    name: 'in one thread, by the same question',
    threads: 1,
    draft: { performative: 'request' },
    code: 'ERR_GUARD_CYCLE',
  },
  { name: 'in two threads', threads: 2, draft: { performative: 'inform' }, code: 'ERR_GUARD_HOPS' },
  {
    name: 'through the router, under ids of their own',
    threads: 1,
    draft: { performative: 'inform', conversation_id: 'circle', 'x-way': 'main' },
    code: 'ERR_GUARD_HOPS',
  },
]

for (const { name, threads, draft, code } of CIRCLES) {
  test(`two agents that talk in circles are stopped by default: ${name}`, async () => {
    await using caxton = await Caxton.start({ threads, conversations: { hops: 3_000 } })
    const guards: (CaxtonEvent & { type: 'guard' })[] = []
    let handled = 0
    caxton.subscribe((event) => {
      if (event.type === 'guard') guards.push(event)
      if (event.type === 'handled') handled += 1
    })
    const grants = { send: ['*'] }
    await caxton.deploy({ name: 'left', bytes: parrot({ ...draft, receiver: 'right' }), grants })
    await caxton.deploy({ name: 'right', bytes: parrot({ ...draft, receiver: 'left' }), grants })
    const failure = caxton.request({ performative: 'inform', receiver: 'left', reply_with: 'mine' })
    await assert.rejects(failure, { code: 'ERR_REQUEST_FAILED' })
    await caxton.idle()
    assert.deepEqual(
      guards.map(({ error }) => error.code),
      [code],
    )
    // What agents of one thread hand over there is counted afterwards.
    assert.ok(handled < 3_000 + 5_000, `${handled} messages`)
    assert.ok(caxton.agents().every(({ phase, waitingMessages }) => phase === 'running' && waitingMessages === 0))
    // Somebody outside begins anew.
    const before = handled
    caxton.send({ performative: 'inform', receiver: 'left' })
    await caxton.idle()
    assert.ok(handled > before)
  })
}

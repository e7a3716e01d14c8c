import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_GRANTS } from '../../capability/index.ts'
import { DEFAULT_LIMITS } from '../../core/index.ts'
import type { TreePart } from '../../wasi/index.ts'
import { NOTHING_KEPT } from '../kept/kept.ts'
import type { GuestEvent, GuestSpec } from '../protocol.ts'
import { readClaim } from './claims.ts'
import { decodeFromChild, encodeFromChild } from './encoding.ts'
import { Resident } from './resident.ts'

const NO_BYTES = new Uint8Array()
const bytes = new Uint8Array([1, 2, 3])

/** What the host believes of a part that a child says. */
function admit(part: unknown, payload = NO_BYTES): GuestEvent {
  const message = readClaim({ value: { type: 'event', agent: 1, event: { type: 'exported', part } }, bytes: payload })
  assert.ok(message.type === 'event')
  return message.event
}

function createResident(): Resident {
  const mounts = [{ kind: 'memory', at: '/', bytes: 4, files: 2, tree: [] }]
  const spec = {
    agent: 1,
    name: 'a',
    limits: DEFAULT_LIMITS,
    module: null,
    mounts,
    grants: NO_GRANTS,
    kept: NOTHING_KEPT,
  } as unknown as GuestSpec
  const resident = new Resident(spec, () => 'm')
  resident.noteCall(1, { kind: 'finish' })
  return resident
}

const PARTS: readonly TreePart[] = [
  { type: 'directory', path: 'a' },
  { type: 'file', path: 'a/b' },
  { type: 'link', path: 'c', target: '../anywhere' },
  { type: 'bytes', bytes },
]

for (const part of PARTS) {
  test(`a part that is ${part.type} of a file crosses from a child`, () => {
    const frame = encodeFromChild({ type: 'event', agent: 1, event: { type: 'exported', part } })
    assert.deepEqual(readClaim(decodeFromChild(frame.subarray(4))), {
      type: 'event',
      agent: 1,
      event: { type: 'exported', part },
    })
  })
}

for (const path of ['', '/', '/etc', '..', '../x', 'a/../b', 'a//b', './a', 'a/', 'a\0', 'x'.repeat(40_000), 7]) {
  test(`a child that says the path ${JSON.stringify(path).slice(0, 20)} is not honest`, () => {
    assert.throws(() => admit({ type: 'file', path }), { code: 'ERR_SANDBOX_PROCESS_LOST' })
  })
}

test('a child that says a part of another kind is not honest', () => {
  for (const part of [{}, null, { type: 'device', path: 'a' }, { type: 'link', path: 'a' }]) {
    assert.throws(() => admit(part), { code: 'ERR_SANDBOX_PROCESS_LOST' })
  }
})

test('a child that says more files or bytes than its agent may have is not honest', () => {
  const file = { type: 'file', path: 'a' }
  const many = createResident()
  many.admit(admit(file))
  many.admit(admit(file))
  assert.throws(() => many.admit(admit(file)), { code: 'ERR_SANDBOX_PROCESS_LOST' })
  const large = createResident()
  large.admit(admit(file))
  large.admit(admit({ type: 'bytes' }, bytes))
  assert.throws(() => large.admit(admit({ type: 'bytes' }, bytes)), { code: 'ERR_SANDBOX_PROCESS_LOST' })
  assert.throws(() => createResident().admit(admit({ type: 'bytes' }, bytes)), { code: 'ERR_SANDBOX_PROCESS_LOST' })
})

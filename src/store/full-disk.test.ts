import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { createDirectory } from '../../test/fakes/data-directory.ts'
import { createGate, settle } from '../../test/fakes/sandbox.ts'
import { VirtualTime } from '../../test/fakes/virtual-time.ts'
import { World } from '../../test/fakes/world.ts'
import { SteeredWriter } from '../../test/fakes/writer.ts'
import type { CaxtonError } from '../core/index.ts'
import { Store, StoreReader } from './index.ts'

const LONG = JSON.stringify('x'.repeat(8_000))
const DURABLE = { guarantee: 'at-least-once' } as const

async function open(context: TestContext) {
  const directory = createDirectory(context)
  const time = new VirtualTime()
  const writer = new SteeredWriter(time)
  const failures: [string, boolean][] = []
  const onFailure = (error: CaxtonError, isOver: boolean) => void failures.push([error.code, isOver])
  const store = await Store.open({ clock: time, startWriter: writer.start, onFailure }, { directory })
  return { directory, time, writer, failures, store, world: new World(undefined, {}, store, { time }) }
}

test('what is accepted while the disk is full is promised when there is room again, and handled once', async (context) => {
  const { directory, time, writer, failures, store, world } = await open(context)
  const gate = createGate()
  await world.spawn('a', () => gate.passed.then(() => 0), DURABLE)
  await store.flush()
  writer.limitPages(0)
  let promised = false
  for (let count = 0; count < 5; count += 1) world.router.send({ performative: 'inform', receiver: 'a', content: LONG })
  store.whenCommitted(() => (promised = true))
  await settle()
  time.advance(1_000)
  await settle()
  assert.equal(promised, false)
  assert.ok(failures.length >= 2 && failures.every(([code, isOver]) => code === 'ERR_STORE_FAILED' && !isOver))
  assert.equal(store.failure, null)
  writer.limitPages(null)
  time.advance(1_000)
  await store.flush()
  gate.open()
  await world.router.idle()
  assert.deepEqual([promised, world.begun('a').length], [true, 5])
  await world.router.close()
  await store.close()
  using reader = new StoreReader(directory)
  assert.equal(reader.pending().length, 0)
  assert.equal([...reader.history()].filter(({ type }) => type === 'handled').length, 5)
})

test('whoever waits for what can never be kept is told so', async (context) => {
  const { time, writer, failures, store } = await open(context)
  await store.flush()
  writer.limitPages(0)
  store.putData('a', new Map([['k', new Uint8Array(100_000)]]))
  const flushed = store.flush()
  const refused = assert.rejects(flushed, { code: 'ERR_STORE_FAILED' })
  await settle()
  const closed = store.close()
  await settle()
  time.advance(1_000)
  await closed
  await refused
  assert.deepEqual(failures.at(-1), ['ERR_STORE_FAILED', true])
  await assert.rejects(store.flush(), { code: 'ERR_STORE_FAILED' })
})

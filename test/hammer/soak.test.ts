import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { checkDirectory } from '../../src/index.ts'
import { Store } from '../../src/store/index.ts'
import { createDirectory } from '../fakes/data-directory.ts'
import { VirtualTime } from '../fakes/virtual-time.ts'
import { World } from '../fakes/world.ts'

const MINUTES = 24 * 60
const PER_MINUTE = 12
const HISTORY_BYTES = 256 * 1_024

test('a day of messages, by a clock of its own, leaves memory flat and the journal bounded', async (context) => {
  const directory = createDirectory(context)
  const time = new VirtualTime()
  const hours = 3_600_000
  const ages = { historyBytes: HISTORY_BYTES, historyMs: 6 * hours, deadMs: 6 * hours, windowMs: hours }
  await using store = await Store.open({ clock: time }, { directory, ...ages })
  const world = new World(undefined, {}, store)
  const sink = { guarantee: 'at-least-once' } as const
  await world.spawn('sink', (message) => (message.content === '0' ? 2 : 0), sink)
  await world.spawn(
    'source',
    (message, guest) => {
      guest.send({ performative: 'inform', receiver: 'sink', content: message.content! })
      return 0
    },
    sink,
  )
  const sizes: number[] = []
  const heaps: number[] = []
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  for (let minute = 0; minute < MINUTES; minute += 1) {
    for (let index = 0; index < PER_MINUTE; index += 1) {
      world.router.send({ performative: 'inform', receiver: 'source', content: String(index % 4) })
      store.remember(`key-${minute}-${index}`)
    }
    world.router.send({ performative: 'inform', receiver: 'nobody' })
    time.advance(60_000)
    await world.router.idle()
    world.events.length = 0
    world.toUser.length = 0
    for (const sandbox of world.sandboxes.values()) {
      sandbox.begun.length = 0
      sandbox.handedOver.length = 0
    }
    if (minute % 180 === 179) {
      await store.flush()
      sizes.push(statSync(join(directory, 'caxton.sqlite')).size)
      collectGarbage()
      heaps.push(process.memoryUsage().heapUsed)
    }
  }
  await store.flush()
  const report = checkDirectory(directory)
  assert.equal(report.pending, 0)
  assert.ok(report.historyBytes <= HISTORY_BYTES * 1.2, `history ${report.historyBytes}`)
  assert.ok(report.dead <= 7 * 60, `dead letters ${report.dead}`)
  // The file grows to what retention allows in the first half of the day and no further.
  assert.ok(sizes.at(-1)! <= sizes[3]! * 1.25, sizes.join())
  assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
  assert.equal(time.pendingCount, 0)
  assert.ok(heaps.at(-1)! <= heaps[2]! * 1.2, heaps.join())
  await world.router.close()
})

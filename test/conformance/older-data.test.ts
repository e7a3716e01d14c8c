import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { databaseFile } from '../../src/store/directory.ts'
import { Store, StoreReader } from '../../src/store/index.ts'
import { MIGRATIONS } from '../../src/store/schema.ts'
import { createDirectory } from '../fakes/data-directory.ts'
import { World } from '../fakes/world.ts'

const clock = { nowMs: () => 1_000_000, monotonicMs: () => 0 }
const VERSIONS = join(import.meta.dirname, 'data')

for (const name of readdirSync(VERSIONS)) {
  test(`a data directory as ${name} has it is brought to the present version, and the system on it goes on`, async (context) => {
    const directory = createDirectory(context)
    const database = new DatabaseSync(databaseFile(directory))
    database.exec(readFileSync(join(VERSIONS, name), 'utf8'))
    database.close()
    {
      await using store = await Store.open({ clock }, { directory })
      assert.deepEqual(
        [Buffer.from(store.dataOf('client').get('seen')!).toString(), store.timersOf('client').size],
        ['yes', 1],
      )
      assert.deepEqual(
        (await store.dead.list()).map(({ reason }) => reason),
        ['ERR_AGENT_UNKNOWN'],
      )
      assert.equal(store.remember('order-1'), false)
      const world = new World(undefined, {}, store, { run: 'next' })
      const durable = { guarantee: 'at-least-once' } as const
      const client = world.add('client', () => 0, durable)
      await world.spawn(
        'server',
        (message, guest) => {
          if (message.sender !== 'client') return 0
          const answer = { receiver: 'client', conversation_id: 'c', in_reply_to: 'q', protocol: 'fipa-request' }
          guest.send({ ...answer, performative: 'inform' })
          return 0
        },
        durable,
      )
      await client.start()
      client.silenceTimers()
      await world.router.idle()
      assert.deepEqual(
        world.begun('client').map(({ performative }) => performative),
        ['inform'],
      )
      assert.equal(world.begun('server').length, 2)
      assert.deepEqual(world.of('undelivered'), [])
      await world.router.close()
    }
    using reader = new StoreReader(directory)
    assert.equal(reader.pending().length, 0)
    const reopened = new DatabaseSync(databaseFile(directory), { readOnly: true })
    assert.deepEqual(reopened.prepare('PRAGMA user_version').get(), {
      __proto__: null,
      user_version: MIGRATIONS.length,
    })
    reopened.close()
  })
}

import assert from 'node:assert/strict'
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createDirectory } from '../../test/fakes/data-directory.ts'
import type { CaxtonError, Message } from '../core/index.ts'
import { CaxtonError as Failure, isCaxtonError } from '../core/index.ts'
import { databaseFile } from './directory.ts'
import type { InboxEntry, StoreOptions, StoreParts } from './index.ts'
import { backupDirectory, checkDirectory, leaveInInbox, restoreDirectory, Store, StoreReader } from './index.ts'

const clock = { nowMs: () => 1_000_000, monotonicMs: () => 0 }
const bytes = (text: string) => new TextEncoder().encode(text)
const messageOf = (id: string, content?: string): Message => ({
  performative: 'inform',
  sender: 'a',
  receiver: 'b',
  message_id: id,
  conversation_id: 'c',
  ...(content === undefined ? {} : { content }),
})

function open(directory: string | null, options: Partial<StoreOptions> = {}, parts: Partial<StoreParts> = {}) {
  return Store.open({ clock, ...parts }, { directory, ...options })
}

function accept(store: Store, id: string, content?: string): number {
  const sequence = store.nextSequence()
  store.accept({ sequence, receiver: 'b', attempts: 0, acceptedMs: 5, message: messageOf(id, content) })
  return sequence
}

test('what was kept is there when the directory is opened again', async (context) => {
  const directory = createDirectory(context)
  const store = await open(directory)
  accept(store, 'm-1', '{"x":1}')
  const second = accept(store, 'm-2')
  await store.flush()
  store.settle(second)
  store.retry(1, 2)
  store.putData(
    'a',
    new Map([
      ['k', bytes('v')],
      ['gone', bytes('x')],
    ]),
  )
  store.putData('a', new Map([['gone', null]]))
  store.putTimers(
    'a',
    new Map([
      [7, 123],
      [8, 124],
    ]),
  )
  store.putTimers('a', new Map([[8, null]]))
  store.putRecord('conversations', 'c-1', '{}')
  assert.equal(store.remember('order-1'), true)
  await store.close()

  await using again = await open(directory)
  assert.deepEqual(again.takePending(), [
    { sequence: 1, receiver: 'b', attempts: 2, acceptedMs: 5, message: messageOf('m-1', '{"x":1}'), passage: null },
  ])
  assert.deepEqual(again.takePending(), [])
  assert.deepEqual([...again.dataOf('a')], [['k', bytes('v')]])
  assert.deepEqual([...again.timersOf('a')], [[7, 123]])
  assert.deepEqual([...again.recordsOf('conversations')], [['c-1', '{}']])
  assert.equal(again.remember('order-1'), false)
  assert.equal(again.nextSequence(), 3)
})

test('a store in memory has the same interface and keeps nothing on disk', async () => {
  await using store = await open(null)
  assert.equal(store.isDurable, false)
  accept(store, 'm-1')
  store.putData('a', new Map([['k', bytes('v')]]))
  store.putTimers('a', new Map([[1, 5]]))
  store.putRecord('area', 'k', 'x')
  store.note('{}')
  assert.deepEqual([...store.dataOf('a').keys()], ['k'])
  assert.deepEqual([...store.timersOf('a')], [[1, 5]])
  assert.equal(store.remember('x'), true)
  assert.equal(store.remember('x'), false)
  let called = 0
  store.whenCommitted(() => (called += 1))
  assert.equal(called, 1)
  await store.flush()
  assert.throws(() => store.file, { code: 'ERR_STORE_MISSING' })
})

test('a message that is settled in the turn that accepted it is never written', async (context) => {
  const directory = createDirectory(context)
  await using store = await open(directory)
  store.settle(accept(store, 'm-1'))
  accept(store, 'm-2')
  await store.flush()
  using reader = new StoreReader(directory)
  assert.deepEqual(
    reader.pending().map(({ message }) => message.message_id),
    ['m-2'],
  )
})

test('committed is called in order, and only once what came before can be read', async (context) => {
  const directory = createDirectory(context)
  await using store = await open(directory)
  const calls: number[] = []
  for (let index = 0; index < 20; index += 1) {
    accept(store, `m-${index}`)
    store.whenCommitted(() => {
      using reader = new StoreReader(directory)
      assert.ok(reader.pending().length > index)
      calls.push(index)
    })
    if (index % 3 === 0) await new Promise(setImmediate)
  }
  await store.flush()
  assert.deepEqual(
    calls,
    Array.from({ length: 20 }, (_, index) => index),
  )
})

test('a directory has one system at a time, and readers at any time', async (context) => {
  const directory = createDirectory(context)
  const store = await open(directory)
  await assert.rejects(open(directory), { code: 'ERR_STORE_LOCKED' })
  accept(store, 'm-1')
  await store.flush()
  using reader = new StoreReader(directory)
  assert.equal(reader.pending().length, 1)
  await store.close()
  await using next = await open(directory)
  assert.equal(next.takePending().length, 1)
})

test('closing twice closes once', async (context) => {
  const store = await open(createDirectory(context))
  await Promise.all([store.close(), store.close()])
  await store.close()
})

test('dead letters are listed with their reason, raised and dropped, on disk and in memory', async (context) => {
  for (const directory of [createDirectory(context), null]) {
    await using store = await open(directory)
    const sequence = accept(store, 'm-1', '"x"')
    const entry = { sequence, receiver: 'b', attempts: 3, acceptedMs: 5, message: messageOf('m-1', '"x"') }
    store.settle(sequence)
    store.dead.bury(entry, new Failure('ERR_AGENT_NOT_RUNNING', { detail: 'gone' }), 9)
    store.dead.bury({ ...entry, sequence: 50 }, new Failure('ERR_LIMIT_MAILBOX'), 10)
    const listed = await store.dead.list()
    assert.deepEqual(listed[0], { ...entry, deadMs: 9, reason: 'ERR_AGENT_NOT_RUNNING', detail: 'gone' })
    assert.deepEqual(listed.map(({ reason, detail }) => [reason, detail])[1], ['ERR_LIMIT_MAILBOX', null])
    assert.equal((await store.dead.raise(sequence)).message.content, '"x"')
    await assert.rejects(store.dead.raise(sequence), { code: 'ERR_MESSAGE_UNKNOWN' })
    store.dead.drop(50)
    assert.deepEqual(await store.dead.list(), [])
  }
})

test('history is what was noted, with causes and no long contents', async (context) => {
  const directory = createDirectory(context)
  await using store = await open(directory)
  store.noteSent(messageOf('m-1', '"x"'), 1, null)
  store.noteSent(messageOf('m-2', JSON.stringify('y'.repeat(10_000))), null, 'm-1')
  store.note('{"type":"handled","id":"m-1"}')
  await store.flush()
  using reader = new StoreReader(directory)
  const [first, second, third] = [...reader.history()]
  assert.deepEqual(first, { type: 'sent', at: 1_000_000, sequence: 1, message: { ...messageOf('m-1'), content: 'x' } })
  assert.deepEqual([second?.['cause'], Object(second?.['message'])['content_length']], ['m-1', 10_002])
  assert.deepEqual(third, { type: 'handled', id: 'm-1' })
})

test('history and dead letters keep to their bytes, the oldest go first', async (context) => {
  const directory = createDirectory(context)
  await using store = await open(directory, { historyBytes: 10_000, deadBytes: 10_000 })
  for (let index = 0; index < 50; index += 1) {
    store.note(JSON.stringify({ index, text: 'x'.repeat(1_000) }))
    const entry = { sequence: store.nextSequence(), receiver: 'b', attempts: 0, acceptedMs: 0 }
    store.dead.bury(
      { ...entry, message: messageOf('m', JSON.stringify('x'.repeat(1_000))) },
      new Failure('ERR_INTERNAL'),
      0,
    )
    await store.flush()
  }
  using reader = new StoreReader(directory)
  const kept = [...reader.history()].map((line) => Number(line['index']))
  assert.ok(kept.length >= 8 && kept.length <= 11 && kept.at(-1) === 49, String(kept))
  const dead = reader.dead().map(({ sequence }) => sequence)
  assert.ok(dead.length >= 5 && dead.length <= 11 && dead.at(-1) === 50, String(dead))
})

test('history, dead letters and ids keep to their age by the clock of the system', async (context) => {
  const directory = createDirectory(context)
  let nowMs = 0
  const parts = { clock: { nowMs: () => nowMs, monotonicMs: () => nowMs } }
  const ages = { historyMs: 100_000, deadMs: 100_000, windowMs: 100_000 }
  const store = await open(directory, ages, parts)
  for (nowMs of [1_000, 90_000, 110_000]) {
    store.note(`{"at":${nowMs}}`)
    store.remember(`id-${nowMs}`)
    const entry = { sequence: store.nextSequence(), receiver: 'b', attempts: 0, acceptedMs: 0, message: messageOf('m') }
    store.dead.bury(entry, new Failure('ERR_INTERNAL'), nowMs)
    await store.flush()
  }
  {
    using reader = new StoreReader(directory)
    assert.deepEqual([...reader.history()], [{ at: 90_000 }, { at: 110_000 }])
    assert.deepEqual(
      reader.dead().map(({ deadMs }) => deadMs),
      [90_000, 110_000],
    )
  }
  await store.close()
  await using again = await open(directory, ages, parts)
  assert.deepEqual([again.remember('id-1000'), again.remember('id-90000')], [true, false])
})

test('a command leaves an entry for the system that runs, or for the next one, which has it when it opens', async (context) => {
  const directory = createDirectory(context)
  const arrived: InboxEntry[] = []
  const gotOne = Promise.withResolvers<void>()
  const onInbox = (entry: InboxEntry) => {
    arrived.push(entry)
    gotOne.resolve()
  }
  const store = await open(directory, {}, { onInbox })
  assert.deepEqual(store.takeInbox(), [])
  const startMs = Date.now()
  assert.equal(leaveInInbox(directory, 'redeliver', '7'), 1)
  await gotOne.promise
  const [{ madeMs = 0, ...entry } = {}] = arrived
  assert.deepEqual(entry, { id: 1, kind: 'redeliver', body: '7' })
  assert.ok(madeMs >= startMs && madeMs <= Date.now())
  store.finish(1)
  await store.close()
  leaveInInbox(directory, 'purge', '{}')
  await using again = await open(directory, {}, { onInbox })
  assert.deepEqual(
    again.takeInbox().map(({ id, kind, body }) => [id, kind, body]),
    [[2, 'purge', '{}']],
  )
  assert.deepEqual(again.takeInbox(), [])
  using reader = new StoreReader(directory)
  assert.deepEqual(
    reader.inbox().map(({ id }) => id),
    [2],
  )
})

test('a command looks before it leaves something, and what it finds may forbid it', async (context) => {
  const directory = createDirectory(context)
  await using store = await open(directory)
  store.putRecord('area', 'key', 'text')
  await store.flush()
  const admit = (reader: StoreReader) => {
    assert.deepEqual([...reader.records('area')], [['key', 'text']])
    throw new Failure('ERR_MESSAGE_UNKNOWN')
  }
  assert.throws(() => leaveInInbox(directory, 'answer', '{}', admit), { code: 'ERR_MESSAGE_UNKNOWN' })
  using reader = new StoreReader(directory)
  assert.deepEqual(reader.inbox(), [])
})

test('a damaged database, one of a later version and one that is none are refused by name', async (context) => {
  const damages: { name: string; code: string; damage(file: string): void }[] = [
    { name: 'no database', code: 'ERR_STORE_CORRUPT', damage: (file) => writeFileSync(file, 'x'.repeat(8_192)) },
    {
      name: 'damaged pages',
      code: 'ERR_STORE_CORRUPT',
      damage: (file) => {
        const whole = readFileSync(file)
        writeFileSync(file, whole.fill(0xa5, 8_192, 16_384))
      },
    },
    { name: 'cut off', code: 'ERR_STORE_CORRUPT', damage: (file) => truncateSync(file, 12_288) },
    {
      name: 'of a later version',
      code: 'ERR_STORE_VERSION',
      damage: (file) => {
        const database = new DatabaseSync(file)
        database.exec('PRAGMA user_version = 999')
        database.close()
      },
    },
  ]
  for (const { name, code, damage } of damages) {
    const directory = createDirectory(context)
    const store = await open(directory)
    for (let index = 0; index < 300; index += 1) accept(store, `m-${index}`, JSON.stringify('x'.repeat(200)))
    await store.close()
    damage(databaseFile(directory))
    await assert.rejects(open(directory), (error) => isCaxtonError(error) && error.code === code, name)
    // The lock is not held by the one that was refused.
    await assert.rejects(open(directory), (error) => isCaxtonError(error) && error.code === code, name)
  }
})

test('a directory that cannot be made is refused', async (context) => {
  const directory = createDirectory(context)
  writeFileSync(join(directory, 'file'), '')
  await assert.rejects(open(join(directory, 'file', 'deep')), { code: 'ERR_STORE_FAILED' })
})

test('a failure to write is told, and what waits is not said to be kept', async (context) => {
  const directory = createDirectory(context)
  const failures: [string, boolean][] = []
  const onFailure = (error: CaxtonError, isOver: boolean) => void failures.push([error.code, isOver])
  const store = await open(directory, {}, { onFailure })
  const vandal = new DatabaseSync(databaseFile(directory))
  vandal.exec('DROP TABLE messages')
  vandal.close()
  let committed = false
  accept(store, 'm-1')
  store.whenCommitted(() => (committed = true))
  while (store.failure === null) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.deepEqual([failures, committed], [[['ERR_STORE_FAILED', true]], false])
  await assert.rejects(store.flush(), { code: 'ERR_STORE_FAILED' })
  await store.close()
})

test('a backup of a system that runs is whole, and becomes a data directory', async (context) => {
  const directory = createDirectory(context)
  const place = createDirectory(context)
  const file = join(place, 'backup.sqlite')
  await using store = await open(directory)
  for (let index = 0; index < 100; index += 1) accept(store, `m-${index}`)
  store.putData('a', new Map([['k', bytes('v')]]))
  await store.flush()
  backupDirectory(directory, file)
  assert.throws(() => backupDirectory(directory, file), { code: 'ERR_STORE_EXISTS' })
  store.putData('a', new Map([['k', bytes('later')]]))
  await store.flush()

  const restored = join(place, 'restored')
  restoreDirectory(file, restored)
  assert.throws(() => restoreDirectory(file, restored), { code: 'ERR_STORE_EXISTS' })
  assert.throws(() => restoreDirectory(file, directory), { code: 'ERR_STORE_LOCKED' })
  assert.deepEqual(checkDirectory(restored).pending, 100)
  await using again = await open(restored)
  assert.deepEqual([again.takePending().length, [...again.dataOf('a')]], [100, [['k', bytes('v')]]])
})

test('a damaged backup is not restored', async (context) => {
  const place = createDirectory(context)
  const file = join(place, 'backup.sqlite')
  writeFileSync(file, 'x'.repeat(8_192))
  const target = join(place, 'restored')
  assert.throws(() => restoreDirectory(file, target), { code: 'ERR_STORE_CORRUPT' })
  assert.equal(existsSync(databaseFile(target)), false)
})

test('commands on a directory without data say so', (context) => {
  const directory = createDirectory(context)
  for (const run of [
    () => checkDirectory(directory),
    () => backupDirectory(directory, join(directory, 'x')),
    () => leaveInInbox(directory, 'x', ''),
    () => new StoreReader(directory),
  ]) {
    assert.throws(run, { code: 'ERR_STORE_MISSING' })
  }
})

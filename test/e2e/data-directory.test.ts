import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { declareData } from '../../src/cli/commands/data.ts'
import { declareMessage } from '../../src/cli/commands/message.ts'
import type { Output } from '../../src/cli/output.ts'
import { runProgram } from '../../src/cli/program.ts'
import { Caxton } from '../../src/index.ts'
import { createDirectory } from '../fakes/data-directory.ts'
import { assembleRelay } from '../hammer/relay.ts'

/** Runs a command line in this process; returns its exit code and its lines. */
async function command(...args: string[]): Promise<{ code: number; lines: string[]; errors: string[] }> {
  const lines: string[] = []
  const errors: string[] = []
  const output = {
    line: (text: string) => lines.push(text),
    errorLine: (text: string) => errors.push(text),
    columns: 100,
    paint: (_tone: unknown, text: string) => text,
    errorPaint: (_tone: unknown, text: string) => text,
  } as unknown as Output
  const code = await runProgram(args, '0', [declareMessage, declareData], output)
  return { code, lines, errors }
}

const RELAY = { bytes: assembleRelay('user'), grants: { send: ['*'], store: { bytes: '1MiB' }, timers: 16 } }

test('a message that nobody can get is a dead letter, which a command redelivers to a system that runs', async (context) => {
  const dataDirectory = join(createDirectory(context), 'data')
  await using caxton = await Caxton.start({ dataDirectory, threads: 1 })
  const delivered = Promise.withResolvers<unknown>()
  caxton.subscribe((event) => {
    if (event.type === 'delivered' && event.agent === 'user' && event.message.sender === 'relay-0') {
      delivered.resolve(event.message.content)
    }
  })
  await caxton.accept({ performative: 'inform', receiver: 'relay-0', content: '00000001' })
  await caxton.data.flush()
  const { lines } = await command('message', 'dead', 'list', '--data', dataDirectory)
  assert.match(lines[0] ?? '', /^\d+ {2}\S+ {2}user → relay-0 {2}inform {2}ERR_AGENT_UNKNOWN/)
  assert.equal((await caxton.data.deadLetters()).length, 1)
  await caxton.deploy({ name: 'relay-0', ...RELAY })
  assert.equal((await command('message', 'dead', 'redeliver', 'all', '--data', dataDirectory)).code, 0)
  assert.equal(await delivered.promise, '"00000001"')
  assert.deepEqual(await caxton.data.deadLetters(), [])
  assert.equal((await command('message', 'dead', 'redeliver', 'x', '--data', dataDirectory)).code, 64)
})

test('a command purges dead letters of a system that is started later', async (context) => {
  const dataDirectory = join(createDirectory(context), 'data')
  {
    await using caxton = await Caxton.start({ dataDirectory, threads: 1 })
    await caxton.accept({ performative: 'inform', receiver: 'nobody' })
    await caxton.accept({ performative: 'inform', receiver: 'nobody-else' })
  }
  const { lines } = await command('message', 'dead', 'list', '--json', '--data', dataDirectory)
  const [first] = lines.map((line) => (JSON.parse(line) as { sequence: number }).sequence)
  await command('message', 'dead', 'purge', String(first), '--data', dataDirectory)
  await using caxton = await Caxton.start({ dataDirectory, threads: 1 })
  while ((await caxton.data.deadLetters()).length > 1) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal((await caxton.data.deadLetters())[0]?.receiver, 'nobody-else')
})

test('a key that has come before sends nothing, also after a restart', async (context) => {
  const dataDirectory = join(createDirectory(context), 'data')
  for (const expected of [true, false]) {
    await using caxton = await Caxton.start({ dataDirectory, threads: 1 })
    await caxton.deploy({ name: 'relay-0', ...RELAY })
    const message = { performative: 'inform', receiver: 'relay-0', content: '00000007' } as const
    assert.equal((await caxton.accept(message, 'order-7')) !== null, expected)
    assert.equal(await caxton.accept(message, 'order-7'), null)
    await caxton.idle()
    assert.equal(caxton.agents()[0]?.messagesIn, expected ? 1 : 0)
  }
})

test('commands check, back up and restore a data directory', async (context) => {
  const place = createDirectory(context)
  const [directory, backup, copy] = [join(place, 'data'), join(place, 'backup.sqlite'), join(place, 'copy')]
  {
    await using caxton = await Caxton.start({ dataDirectory: directory, threads: 1 })
    await caxton.deploy({ name: 'relay-0', ...RELAY })
    await caxton.accept({ performative: 'inform', receiver: 'relay-0', content: '00000001' })
    await caxton.idle()
    await caxton.data.flush()
    assert.equal((await command('data', 'backup', directory, backup)).code, 0)
    assert.match((await command('data', 'check', directory)).lines.join('\n'), /keys stored 2;/)
  }
  assert.equal((await command('data', 'backup', directory, backup)).code, 64)
  assert.equal((await command('data', 'restore', backup, copy)).code, 0)
  assert.ok(existsSync(join(copy, 'caxton.sqlite')))
  assert.equal((await command('data', 'check', join(place, 'none'))).code, 64)
})

test('whoever listens is told that what has to be kept cannot be written, and that is tried again', async (context) => {
  const dataDirectory = join(createDirectory(context), 'data')
  await using caxton = await Caxton.start({ dataDirectory, threads: 1 })
  const told = Promise.withResolvers<unknown>()
  caxton.subscribe((event) => {
    if (event.type === 'unkept') told.resolve([event.error.code, event.isOver])
  })
  using other = new DatabaseSync(join(dataDirectory, 'caxton.sqlite'))
  other.exec('BEGIN IMMEDIATE')
  const accepted = caxton.accept({ performative: 'inform', receiver: 'nobody' })
  assert.deepEqual(await told.promise, ['ERR_STORE_FAILED', false])
  other.exec('ROLLBACK')
  assert.equal(typeof (await accepted), 'string')
  assert.equal((await caxton.data.deadLetters()).length, 1)
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { before, test } from 'node:test'
import { promisify } from 'node:util'
import type { CaxtonEvent, HumanMessage } from '../../src/index.ts'
import { Caxton } from '../../src/index.ts'
import { ROOT } from '../e2e/run-system.ts'
import { createDirectory } from '../fakes/data-directory.ts'
import { readAttack } from './attack-file.ts'
import { listFiles } from './suites.ts'

/* What agents do to the people that they may write to, and to the terminals of those. */

const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

interface Assault {
  readonly waiting: readonly HumanMessage[]
  readonly codes: readonly string[]
  readonly data: string
}

/** Runs an attack to its end on a data directory and looks at what waits for whom then. */
async function assault(context: Pick<TestContext, 'after'>, name: string): Promise<Assault> {
  const data = createDirectory(context)
  const attack = readAttack(listFiles('people').find((file) => file.endsWith(`/${name}.wat`))!)
  const codes: string[] = []
  const caxton = await Caxton.start({ threads: 1, dataDirectory: data, people: { ann: {}, bob: {} } })
  caxton.subscribe((event: CaxtonEvent) => {
    if (event.type === 'refused' || event.type === 'undelivered') codes.push(event.error.code)
  })
  await caxton.deploy({ name: 'mallory', bytes: attack.assemble(), ...attack.options })
  caxton.send({ performative: 'inform', receiver: 'mallory' })
  await caxton.idle()
  const waiting = caxton.people.list()
  await caxton.close()
  return { waiting, codes, data }
}

test('a flood leaves a person readable, and room for others', async (context) => {
  const { waiting, codes } = await assault(context, 'flood')
  assert.equal(waiting.length, 32)
  assert.deepEqual(new Set(codes), new Set(['ERR_LIMIT_MAILBOX']))
})

test('nobody speaks with the voice of a person', async (context) => {
  const { waiting, codes } = await assault(context, 'a-forged-person')
  assert.deepEqual(waiting, [])
  assert.deepEqual(new Set(codes), new Set(['ERR_MESSAGE_SENDER_FORGED']))
})

test('a name that means something elsewhere is nobody here', async (context) => {
  const { waiting, codes } = await assault(context, 'hostile-names')
  assert.deepEqual(waiting, [])
  // The grant of everybody is taken for what is no address of a person at all.
  assert.deepEqual(new Set(codes), new Set(['ERR_GRANT_MISSING', 'ERR_MESSAGE_ADDRESS']))
})

test('the grant of everybody gives no person', async (context) => {
  const { waiting, codes } = await assault(context, 'without-grant')
  assert.deepEqual(waiting, [])
  assert.deepEqual(new Set(codes), new Set(['ERR_GRANT_MISSING']))
})

test('what nobody can read is refused before it is kept', async (context) => {
  const { waiting, codes } = await assault(context, 'a-huge-question')
  assert.deepEqual(waiting, [])
  assert.deepEqual(new Set(codes), new Set(['ERR_LIMIT_MESSAGE_BYTES']))
})

test('a person answers nobody but who has asked', async (context) => {
  const { waiting, codes } = await assault(context, 'answers-to-somebody-else')
  assert.deepEqual(waiting, [])
  assert.deepEqual(new Set(codes), new Set(['ERR_MESSAGE_REPLY_TO']))
})

let shown: { list: string; show: string; json: string; lines: readonly string[] }

before(async () => {
  const ended: (() => void)[] = []
  const context = { after: (run: () => void) => void ended.push(run) } as unknown as TestContext
  const { waiting, data } = await assault(context, 'escapes-in-a-question')
  const run = async (...args: string[]) => {
    const main = join(ROOT, 'src/cli/main.ts')
    return (await promisify(execFile)(process.execPath, [main, 'human', ...args, '--data', data])).stdout
  }
  const id = waiting[0]!.id
  const show = await run('show', id)
  shown = { list: await run('list'), show, json: await run('list', '--json'), lines: show.trimEnd().split('\n') }
  for (const end of ended) end()
})

test('nothing that an agent says reaches the terminal of a person as anything but text', () => {
  for (const text of [shown.list, shown.show, shown.json]) {
    for (const line of text.trimEnd().split('\n')) assert.doesNotMatch(line, CONTROL)
  }
  assert.match(shown.show, /\\u\{1b\}\[2J/)
})

test('no line of an agent looks like one of the command', () => {
  const at = shown.lines.indexOf('content:')
  assert.ok(at > 0)
  assert.ok(shown.lines.slice(at + 1).every((line) => line.startsWith('│ ')))
  assert.equal(shown.lines.filter((line) => /^from:/.test(line)).length, 1)
  assert.match(shown.lines.find((line) => line.startsWith('from:'))!, /^from: +mallory$/)
})

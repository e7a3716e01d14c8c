import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'

const CLI = new URL('../../src/cli/main.ts', import.meta.url).pathname
const ECHO = new URL('../../examples/echo', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'caxton-seeing-'))
const data = join(folder, 'data')
after(() => rmSync(folder, { recursive: true }))

async function caxton(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], { maxBuffer: 2 ** 24 })
  return stdout
}

function parseLines<Row>(text: string): Row[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
}

interface Message {
  readonly id: string
  readonly sender: string
  readonly performative: string
  readonly cause: string | null
  readonly end: { readonly agent: string; readonly status: number; readonly fuel: number } | null
}

before(() => caxton('run', ECHO, '--data', data, '--quiet'))

test('conversations of a run are listed, with who took part and what they cost', async () => {
  const rows = parseLines<{ id: string; participants: string[]; messages: number; fuel: number }>(
    await caxton('conversation', 'list', '--data', data, '--json'),
  )
  assert.ok(rows.length > 0)
  for (const { participants, messages, fuel } of rows) {
    assert.ok(participants.includes('user'))
    assert.ok(messages >= 2 && fuel > 0)
  }
  assert.match(await caxton('conversation', 'list', '--data', data), /^conversation +began +messages +fuel/)
})

test('a conversation is shown message by message, drawn, and written as a page', async () => {
  const [first] = parseLines<{ id: string }>(await caxton('conversation', 'list', '--data', data, '--json'))
  const messages = parseLines<Message>(await caxton('conversation', 'show', first!.id, '--data', data, '--json'))
  const [request, reply] = messages
  assert.deepEqual([request?.performative, request?.sender, request?.cause], ['request', 'user', null])
  assert.deepEqual([request?.end?.status, reply?.sender], [0, request?.end?.agent])
  assert.equal(reply?.cause, request?.id)
  const drawing = await caxton('conversation', 'trace', first!.id, '--data', data)
  assert.match(drawing, /├─+▶/)
  assert.match(drawing, /◀─+┤/)
  await caxton('conversation', 'trace', first!.id, '--data', data, '--html', join(folder, 'page.html'))
  assert.match(readFileSync(join(folder, 'page.html'), 'utf8'), /<svg [\s\S]*marker-end/)
})

test('a trace of a message tells its cause and what came of it', async () => {
  const [first] = parseLines<{ id: string }>(await caxton('conversation', 'list', '--data', data, '--json'))
  const messages = parseLines<Message>(await caxton('conversation', 'show', first!.id, '--data', data, '--json'))
  const trace = parseLines<Message & { depth: number }>(
    await caxton('message', 'trace', messages[1]!.id, '--data', data, '--json'),
  )
  assert.deepEqual(
    trace.map(({ id, depth }) => [id, depth]),
    [
      [messages[0]!.id, 0],
      [messages[1]!.id, 1],
    ],
  )
})

test('what is not there is said, with the exit code of a caller', async () => {
  await assert.rejects(caxton('conversation', 'show', 'nothing', '--data', data), { code: 64 })
  await assert.rejects(caxton('message', 'trace', 'nothing', '--data', data), { code: 64 })
  await assert.rejects(caxton('conversation', 'list', '--data', join(folder, 'none')), { code: 64 })
})

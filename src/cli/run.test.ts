import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import binaryen from 'binaryen'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

/** Sends the fixed message at address 8 whenever it gets one. */
const ANSWER = `{"performative":"inform","receiver":"user","content":{"answer":42}}`
const ANSWERER = `(module
  (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) ${JSON.stringify(ANSWER)})
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "handle_message") (param i32 i32) (result i32)
    (call $send (i32.const 8) (i32.const ${ANSWER.length}))))`

/** Never ends by itself. */
const SPINNER = `(module
  (memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "handle_message") (param i32 i32) (result i32) (loop (br 0)) (unreachable)))`

const ANSWERING = `name = "answer"
[agents.oracle]
module = "answerer.wasm"
[agents.other]
module = "answerer.wasm"
[[send]]
to = "oracle"
performative = "query-ref"
content = "what?"
[goal]
from = "oracle"
performative = "inform"
`

const SPINNING = `name = "spin"
[agents.spinner]
module = "spinner.wasm"
limits = { fuel = "1000T", wall = "WALL" }
[[send]]
to = "spinner"
performative = "request"
`

let folder: string

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'caxton-run-'))
  writeFileSync(join(folder, 'answerer.wasm'), binaryen.parseText(ANSWERER).emitBinary())
  writeFileSync(join(folder, 'spinner.wasm'), binaryen.parseText(SPINNER).emitBinary())
  writeFileSync(join(folder, 'answer.toml'), ANSWERING)
  writeFileSync(join(folder, 'mute.toml'), ANSWERING.replace('from = "oracle"', 'from = "other"'))
})
after(() => rmSync(folder, { recursive: true }))

function caxton(...args: string[]) {
  return spawnSync(process.execPath, [MAIN, 'run', ...args, '--threads', '1'], { encoding: 'utf8' })
}

test('a run shows the conversation, the agents and the result, and ends with 0', () => {
  const { status, stdout, stderr } = caxton(join(folder, 'answer.toml'))
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(stdout, /user +→ oracle +query-ref +\S+ +"what\?"\n/)
  assert.match(stdout, /oracle → user +inform +\S+ +\{"answer":42\}\n/)
  assert.match(stdout, /\nagent +state .*\noracle +stopped +1 +1 /)
  assert.match(stdout, /\nResult from oracle:\n {2}\{"answer":42\}\n\nGoal reached in .*\n$/)
})

test('quiet shows only the result', () => {
  const { status, stdout } = caxton(join(folder, 'answer.toml'), '--quiet')
  assert.equal(status, 0)
  assert.match(stdout, /^\nResult from oracle:\n {2}\{"answer":42\}\n\nGoal reached in .*\n$/)
})

test('with --json every line is an object and the last one is the summary', () => {
  const { status, stdout } = caxton(join(folder, 'answer.toml'), '--json')
  assert.equal(status, 0)
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(lines[0], { type: 'system', name: 'answer', agents: ['oracle', 'other'] })
  assert.ok(lines.some(({ type, message }) => type === 'sent' && message.content?.answer === 42))
  const { type, reached, result, agents } = lines.at(-1)
  assert.deepEqual([type, reached, result.content, agents.length], ['summary', true, { answer: 42 }, 2])
})

function spawnSpinner(wall: string) {
  const file = join(folder, `spin-${wall}.toml`)
  writeFileSync(file, SPINNING.replace('WALL', wall))
  const child = spawn(process.execPath, [MAIN, 'run', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  const seen = { stdout: '', stderr: '' }
  const waiting: { stream: keyof typeof seen; text: string; resolve: () => void }[] = []
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (data: Buffer) => {
      seen[stream] += data.toString()
      for (const one of waiting) if (seen[one.stream].includes(one.text)) one.resolve()
    })
  }
  return {
    kill: (signal: 'SIGINT' | 'SIGTERM') => child.kill(signal),
    until: (stream: keyof typeof seen, text: string) =>
      new Promise<void>((resolve) => {
        if (seen[stream].includes(text)) resolve()
        else waiting.push({ stream, text, resolve })
      }),
    closed: new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) =>
      child.on('close', (status) => resolve({ status, ...seen })),
    ),
  }
}

test('the first signal lets agents finish and shows what they did', async () => {
  const run = spawnSpinner('1s')
  await run.until('stdout', 'request')
  run.kill('SIGINT')
  const { status, stdout, stderr } = await run.closed
  assert.equal(status, 130)
  assert.match(stderr, /^interrupted: /)
  assert.match(stdout, /\nspinner +failed +.*ERR_LIMIT_WALL/)
})

test('the second signal ends at once', async () => {
  const run = spawnSpinner('1h')
  await run.until('stdout', 'request')
  run.kill('SIGTERM')
  await run.until('stderr', 'interrupted')
  run.kill('SIGTERM')
  const { status, stdout } = await run.closed
  assert.equal(status, 130)
  assert.doesNotMatch(stdout, /peak memory/)
})

test('a goal that is missed ends with an error that says why', () => {
  const { status, stderr } = caxton(join(folder, 'mute.toml'))
  assert.equal(status, 65)
  assert.match(stderr, /^ERR_GOAL_MISSED: .*no inform from other reached user.*\nnext: /)
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import binaryen from 'binaryen'
import { loadSystem, runSystem } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'caxton-goal-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** An agent that sends messages whenever it gets one, then answers a status. */
function writeAgent(name: string, messages: readonly object[], status = 0): string {
  const texts = messages.map((message) => JSON.stringify(message))
  const sends = texts.map((text, index) => {
    const start = 16 + texts.slice(0, index).reduce((sum, before) => sum + Buffer.byteLength(before), 0)
    return `(drop (call $send (i32.const ${start}) (i32.const ${Buffer.byteLength(text)})))`
  })
  const module = binaryen.parseText(`(module
    (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) ${JSON.stringify(texts.join(''))})
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 8192))
    (func (export "handle_message") (param i32 i32) (result i32) ${sends.join('\n')} (i32.const ${status})))`)
  writeFileSync(join(folder, `${name}.wasm`), module.emitBinary())
  return `[agents.${name}]\nmodule = "${name}.wasm"\ngrants = { send = ["*"] }\n`
}

/** Runs agents until `worker` informs the user; the first message is a request to `first` in the conversation `job`. */
function run(agents: readonly string[], first = 'worker', performative = 'inform') {
  const file = join(folder, 'caxton.toml')
  const send = `[[send]]\nto = "${first}"\nperformative = "request"\nconversation_id = "job"\n`
  const goal = `[goal]\nfrom = "worker"\nperformative = "${performative}"\nwithin = "60s"\n`
  writeFileSync(file, ['name = "goal"', ...agents, send, goal].join('\n'))
  return loadSystem(file).then((system) => runSystem(system, { threads: 1 }))
}

const toUser = (performative: string, fields: object = {}) => ({
  performative,
  receiver: 'user',
  conversation_id: 'job',
  ...fields,
})

for (const performative of ['failure', 'refuse', 'not-understood']) {
  test(`a run ends when the agent of its goal answers ${performative}, with that as the reason`, async () => {
    const worker = writeAgent('worker', [toUser(performative, { content: { why: 'no input' } })])
    const { reached, code, reason, result } = await run([worker])
    assert.deepEqual([reached, code, result], [false, 'ERR_GOAL_MISSED', null])
    assert.equal(reason, `no inform from worker reached user: worker answered ${performative} {"why":"no input"}`)
  })
}

test('a run ends there though others would go on for ever', async () => {
  const worker = writeAgent('worker', [toUser('refuse'), { performative: 'inform', receiver: 'echo' }])
  const echo = writeAgent('echo', [{ performative: 'inform', receiver: 'echo-2' }])
  const other = writeAgent('echo-2', [{ performative: 'inform', receiver: 'echo' }])
  const { reason, elapsedMs } = await run([worker, echo, other])
  assert.match(reason, /worker answered refuse$/)
  assert.ok(elapsedMs < 60_000)
})

test('a status other than 0 for a first message is an answer, too', async () => {
  const { reason } = await run([writeAgent('worker', [], 1)])
  assert.equal(reason, 'no inform from worker reached user: worker answered not-understood to request')
})

test('what the agent says in another conversation, or another agent says, ends nothing', async () => {
  const worker = writeAgent('worker', [toUser('failure', { conversation_id: 'aside' }), toUser('inform')])
  const other = writeAgent('other', [toUser('failure'), { performative: 'request', receiver: 'worker' }])
  const { reached, result } = await run([worker, other], 'other')
  assert.deepEqual([reached, result?.sender], [true, 'worker'])
})

test('a goal that is a failure is reached by it', async () => {
  const { reached, result } = await run([writeAgent('worker', [toUser('failure')])], 'worker', 'failure')
  assert.deepEqual([reached, result?.performative], [true, 'failure'])
})

test('a long answer is cut', async () => {
  const { reason } = await run([writeAgent('worker', [toUser('failure', { content: 'x'.repeat(3_000) })])])
  assert.ok(reason.length < 700 && reason.endsWith('…'))
})

/** An agent that traps on every message. */
function writeTrap(restart = ''): string {
  const module = binaryen.parseText(`(module
    (memory (export "memory") 1)
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 8192))
    (func (export "handle_message") (param i32 i32) (result i32) (unreachable)))`)
  writeFileSync(join(folder, 'worker.wasm'), module.emitBinary())
  return `[agents.worker]\nmodule = "worker.wasm"\n${restart}`
}

test('a run ends when the agent of its goal fails', async () => {
  const { reason, agents } = await run([writeTrap()])
  assert.equal(reason, 'no inform from worker reached user: worker failed with ERR_GUEST_TRAP')
  assert.deepEqual([agents[0]?.phase, agents[0]?.recoveries], ['failed', 0])
})

test('a run goes on when the agent of its goal is started anew', async () => {
  const { reason, agents } = await run([writeTrap('restart = { max = 1 }\n')])
  assert.equal(reason, 'no inform from worker reached user, and nothing is under way any more')
  assert.deepEqual([agents[0]?.phase, agents[0]?.recoveries], ['stopped', 1])
})

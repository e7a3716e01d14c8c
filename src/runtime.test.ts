import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import binaryen from 'binaryen'
import { isCaxtonError } from './core/index.ts'
import type { ErrorCode } from './index.ts'
import { Caxton } from './index.ts'
import { parseAgentOptions } from './system/index.ts'

const ECHO = join(import.meta.dirname, '../examples/echo/echo.c')
const folder = mkdtempSync(join(tmpdir(), 'caxton-runtime-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** A module with `handle_message` as given, and what the ABI asks for besides. */
function assemble(handle: string, imports = '', pages = 1): Uint8Array {
  const module = binaryen.parseText(`(module
    ${imports}
    (memory (export "memory") ${pages})
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
    (func (export "handle_message") (param $ptr i32) (param $len i32) (result i32) ${handle}))`)
  return module.emitBinary()
}

const SILENT = assemble('(i32.const 0)')
const LOOPING = assemble('(loop $forever (br $forever)) (i32.const 0)')

function hasCode(code: ErrorCode) {
  return (error: unknown) => isCaxtonError(error, code)
}

test('an agent is deployed from a source, answers a request, and is listed', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  const info = await caxton.deploy({ name: 'echo', source: ECHO })
  assert.equal(info.phase, 'running')
  const content = { list: [1, null, 'größe \u{1f600}'], nested: { ok: true } }
  const reply = await caxton.request({ performative: 'request', receiver: 'echo', content })
  assert.equal(reply.sender, 'echo')
  assert.deepEqual(reply.content, content)
  const [listed] = caxton.agents()
  assert.deepEqual([listed?.messagesIn, listed?.messagesOut], [1, 1])
})

test('a request to an agent that runs out of fuel rejects with the reason, and its neighbour goes on', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  await caxton.deploy({ name: 'echo', source: ECHO })
  await caxton.deploy({ name: 'loop', bytes: LOOPING, limits: { fuel: '1M' } })
  await assert.rejects(caxton.request({ performative: 'request', receiver: 'loop' }), (error) => {
    assert.ok(isCaxtonError(error, 'ERR_REQUEST_FAILED'))
    assert.equal(error.data['reason'], 'ERR_LIMIT_FUEL')
    return true
  })
  const loop = caxton.agents().find(({ name }) => name === 'loop')
  assert.equal(loop?.phase, 'failed')
  assert.equal(loop?.reason?.code, 'ERR_LIMIT_FUEL')
  const reply = await caxton.request({ performative: 'request', receiver: 'echo', content: 1 })
  assert.equal(reply.content, 1)
})

test('a request that nobody answers ends at its deadline', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  await caxton.deploy({ name: 'silent', bytes: SILENT })
  const request = caxton.request({ performative: 'request', receiver: 'silent' }, { deadlineMs: 20 })
  await assert.rejects(request, hasCode('ERR_REQUEST_DEADLINE'))
})

test('a request to nobody fails at once', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  await assert.rejects(caxton.request({ performative: 'request', receiver: 'nobody' }), hasCode('ERR_REQUEST_FAILED'))
})

const REFUSED: readonly { name: string; input: Record<string, unknown>; code: ErrorCode }[] = [
  { name: 'an unknown option', input: { bytes: SILENT, colour: 'red' }, code: 'ERR_CONFIG_INVALID' },
  { name: 'no program', input: {}, code: 'ERR_CONFIG_INVALID' },
  { name: 'two programs', input: { bytes: SILENT, source: ECHO }, code: 'ERR_CONFIG_INVALID' },
  { name: 'a reserved name', input: { name: 'user', bytes: SILENT }, code: 'ERR_CONFIG_INVALID' },
  { name: 'a wall that there is not', input: { bytes: SILENT, isolation: 'moat' }, code: 'ERR_CONFIG_INVALID' },
  { name: 'a weight of nothing', input: { bytes: SILENT, weight: 0 }, code: 'ERR_CONFIG_INVALID' },
  { name: 'a weight beyond the most', input: { bytes: SILENT, weight: 10_001 }, code: 'ERR_CONFIG_INVALID' },
  { name: 'a priority that there is not', input: { bytes: SILENT, priority: 'urgent' }, code: 'ERR_CONFIG_INVALID' },
  { name: 'a tenant without a name', input: { bytes: SILENT, isolation: 'process:' }, code: 'ERR_CONFIG_INVALID' },
  { name: 'a missing source', input: { source: join(folder, 'none.c') }, code: 'ERR_CONFIG_FILE_MISSING' },
  { name: 'a source of no language', input: { source: join(folder, 'agent.cob') }, code: 'ERR_LANGUAGE_UNKNOWN' },
  {
    name: 'a source that does not compile',
    input: { source: join(folder, 'broken.c') },
    code: 'ERR_LANGUAGE_BUILD_FAILED',
  },
  { name: 'bytes that are no module', input: { bytes: Uint8Array.of(1, 2, 3) }, code: 'ERR_WASM_MALFORMED' },
  { name: 'a file that is no module', input: { module: join(folder, 'broken.wasm') }, code: 'ERR_WASM_MALFORMED' },
  {
    name: 'a module that fits no door',
    input: { bytes: Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0) },
    code: 'ERR_MODULE_DOOR_UNKNOWN',
  },
  {
    name: 'an import that nobody offers',
    input: { bytes: assemble('(i32.const 0)', '(import "env" "system" (func (param i32)))') },
    code: 'ERR_MODULE_IMPORT_UNKNOWN',
  },
  {
    name: 'an import without its grant',
    input: { bytes: assemble('(i32.const 0)', '(import "caxton" "now_micros" (func (result i64)))') },
    code: 'ERR_GRANT_MISSING',
  },
  {
    name: 'more memory than its limit',
    input: { bytes: assemble('(i32.const 0)', '', 2), limits: { memory: '64KiB' } },
    code: 'ERR_LIMIT_MEMORY',
  },
]

writeFileSync(
  join(folder, 'broken.c'),
  '#include <caxton.h>\nint caxton_handle(const caxton_message *m) { return oops; }\n',
)
writeFileSync(join(folder, 'broken.wasm'), 'not wasm')
writeFileSync(join(folder, 'agent.cob'), 'DISPLAY "HELLO"')

test('what cannot be deployed is refused with its code, and leaves nothing behind', async (context) => {
  await using caxton = await Caxton.start({ threads: 1 })
  for (const { name, input, code } of REFUSED) {
    await context.test(name, async () => {
      const deploy = caxton.deploy({ name: 'agent', ...input } as Parameters<Caxton['deploy']>[0])
      await assert.rejects(deploy, (error) => {
        assert.ok(isCaxtonError(error), String(error))
        assert.equal(error.code, code, error.message)
        return true
      })
      assert.deepEqual(caxton.agents(), [])
    })
  }
})

test('an agent whose start fails leaves its name free', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  const failing = assemble('(i32.const 0)) (func (export "agent_init") (result i32) (i32.const 3)')
  await assert.rejects(caxton.deploy({ name: 'one', bytes: failing }), hasCode('ERR_GUEST_STATUS'))
  assert.deepEqual(caxton.agents(), [])
  await caxton.deploy({ name: 'one', bytes: SILENT })
})

test('an agent in a process of its own answers, fails and ends like one in a thread', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  await caxton.deploy({ name: 'echo', source: ECHO, isolation: 'process' })
  await caxton.deploy({ name: 'near', source: ECHO })
  await caxton.deploy({ name: 'loop', bytes: LOOPING, limits: { fuel: '1M' }, isolation: 'process:acme' })
  await assert.rejects(caxton.request({ performative: 'request', receiver: 'loop' }), hasCode('ERR_REQUEST_FAILED'))
  assert.equal(caxton.agents().find(({ name }) => name === 'loop')?.reason?.code, 'ERR_LIMIT_FUEL')
  for (const receiver of ['echo', 'near']) {
    const reply = await caxton.request({ performative: 'request', receiver, content: [receiver] })
    assert.deepEqual(reply.content, [receiver])
  }
  await caxton.drain()
  assert.deepEqual(
    caxton.agents().map(({ phase }) => phase),
    ['stopped', 'stopped', 'failed'],
  )
})

test('agents share a thread by weight and priority', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  const spinner = { bytes: LOOPING, limits: { fuel: '40M' } }
  await caxton.deploy({ name: 'light', ...spinner, weight: 10 })
  await caxton.deploy({ name: 'heavy', ...spinner, weight: 1_000 })
  await caxton.deploy({ name: 'urgent', ...spinner, priority: 'high' })
  const order: string[] = []
  const spin = (receiver: string) =>
    assert.rejects(caxton.request({ performative: 'request', receiver })).then(() => order.push(receiver))
  await Promise.all(['light', 'heavy', 'urgent'].map(spin))
  assert.deepEqual(order, ['urgent', 'heavy', 'light'])
})

test('a name is taken while its agent lives', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  await caxton.deploy({ name: 'one', bytes: SILENT })
  await assert.rejects(caxton.deploy({ name: 'one', bytes: SILENT }), hasCode('ERR_AGENT_NAME_TAKEN'))
})

test('several agents are deployed all or none', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  const good = parseAgentOptions({ name: 'good', bytes: SILENT })
  const broken = parseAgentOptions({ name: 'broken', source: join(folder, 'broken.c') })
  const none = parseAgentOptions({ name: 'none', source: join(folder, 'none.c') })
  await assert.rejects(caxton.deployAll([good, broken, none]), (error) => {
    assert.ok(isCaxtonError(error, 'ERR_LANGUAGE_BUILD_FAILED'))
    assert.match(
      error.message,
      /agent 'broken' \(.*broken.c\): ERR_LANGUAGE_BUILD_FAILED.*agent 'none' .*: ERR_CONFIG_FILE_MISSING/s,
    )
    return true
  })
  assert.deepEqual(caxton.agents(), [])
})

test('events tell the life of a message', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  const events = caxton.events()
  await caxton.deploy({ name: 'silent', bytes: SILENT })
  const id = caxton.send({ performative: 'inform', receiver: 'silent', content: 'x' })
  await caxton.drain()
  const seen: string[] = []
  for await (const event of events) {
    if ('message' in event) assert.equal(event.message.message_id, id)
    seen.push(event.type === 'state' ? `${event.from} to ${event.to}` : event.type)
  }
  assert.deepEqual(seen, ['loaded to running', 'sent', 'delivered', 'handled', 'running to stopped'])
})

test('after close nothing is taken, requests that wait reject, and closing again does nothing', async () => {
  const caxton = await Caxton.start({ threads: 1 })
  await caxton.deploy({ name: 'silent', bytes: SILENT })
  const request = caxton.request({ performative: 'request', receiver: 'silent' })
  const rejected = assert.rejects(request, hasCode('ERR_RUNTIME_CLOSED'))
  await caxton.close()
  await rejected
  await caxton.close()
  assert.throws(() => caxton.send({ performative: 'inform', receiver: 'silent' }), hasCode('ERR_RUNTIME_CLOSED'))
  await assert.rejects(caxton.deploy({ name: 'late', bytes: SILENT }), hasCode('ERR_RUNTIME_CLOSED'))
  assert.equal((await caxton.events().next()).done, true)
})

test('slices of fuel are of the size that is asked for, in range', async () => {
  await assert.rejects(Caxton.start({ sliceFuel: 9_999 }), { code: 'ERR_CONFIG_INVALID' })
  await using caxton = await Caxton.start({ threads: 1, sliceFuel: 10_000 })
  await caxton.deploy({ name: 'agent', bytes: assemble('(i32.const 0)') })
  assert.equal(caxton.agents()[0]?.phase, 'running')
})

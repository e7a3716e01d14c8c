import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { suite, test } from 'node:test'
import { NO_GRANTS } from '../capability/index.ts'
import { DEFAULT_LIMITS, HOST_LIMITS } from '../core/index.ts'
import { COUNTER, compileWat, createPool, deploy, SPIN } from './fixtures.test.ts'
import { SandboxPool } from './index.ts'

suite('a pool', () => {
  test('starts no thread before an agent needs one, and then one for each until there are enough', async () => {
    await using pool = new SandboxPool({ run: 'test' }, { threads: 2 })
    const counts = [pool.threadCount]
    for (const name of ['a', 'b', 'c']) {
      await deploy(pool, COUNTER, { name })
      counts.push(pool.threadCount)
    }
    assert.deepEqual(counts, [0, 1, 2, 2])
    assert.equal(pool.agentCount, 3)
  })

  test('puts a new agent where the fewest are', async () => {
    await using pool = new SandboxPool({ run: 'test' }, { threads: 2 })
    const first = await deploy(pool, SPIN, { name: 'first', limits: { fuel: 1e15, wallMs: 60_000 } })
    const second = await deploy(pool, COUNTER, { name: 'second' })
    const spinning = first.handle()
    assert.equal((await second.handle()).status, 1)
    await second.sandbox.close()
    const third = await deploy(pool, COUNTER, { name: 'third' })
    assert.equal((await third.handle()).status, 1)
    await first.sandbox.close()
    assert.equal((await spinning).error?.code, 'ERR_SANDBOX_CLOSED')
  })

  test('ends every call that runs or waits when it is closed', async () => {
    const pool = createPool()
    const spinning = await deploy(pool, SPIN, { name: 'spinning', limits: { fuel: 1e15, wallMs: 60_000 } })
    const waiting = await deploy(pool, COUNTER, { name: 'waiting' })
    const calls = [spinning.handle(), spinning.handle(), waiting.handle()]
    await pool.close()
    await pool.close()
    assert.deepEqual(
      (await Promise.all(calls)).map(({ error }) => error?.code),
      ['ERR_SANDBOX_CLOSED', 'ERR_SANDBOX_CLOSED', 'ERR_SANDBOX_CLOSED'],
    )
    assert.equal((await waiting.handle()).error?.code, 'ERR_SANDBOX_CLOSED')
    assert.equal(pool.threadCount, 0)
    assert.equal(pool.agentCount, 0)
    await assert.rejects(deploy(pool, COUNTER), { code: 'ERR_SANDBOX_CLOSED' })
  })

  test('refuses a deployment that is under way when it is closed', async () => {
    const pool = createPool()
    const deploying = deploy(pool, COUNTER)
    const refused = assert.rejects(deploying, { code: 'ERR_SANDBOX_CLOSED' })
    await pool.close()
    await refused
  })

  test('refuses more memories than a process can hold, before anything is made', async () => {
    await using pool = createPool()
    const compiled = await compileWat(COUNTER)
    const memories = new Array(HOST_LIMITS.memories + 1).fill(compiled.instrumented.info.memories[0])
    const info = { ...compiled.instrumented.info, memories }
    const spec = {
      name: 'subject',
      compiled: { ...compiled, instrumented: { ...compiled.instrumented, info } },
      door: 'caxton',
      script: null,
      grants: NO_GRANTS,
      limits: DEFAULT_LIMITS,
      config: {},
    } as const
    const events = { onSend() {}, onLog() {}, onRegister() {}, onRefuse() {} }
    await assert.rejects(pool.create(spec, events), { code: 'ERR_LIMIT_AGENTS' })
    assert.equal(pool.threadCount, 0)
  })

  for (const options of [{ threads: 0 }, { threads: 65 }, { threads: 1.5 }, { heapMiB: 1 }, { heapMiB: Number.NaN }]) {
    test(`refuses the options ${JSON.stringify(options)}`, () => {
      assert.throws(() => new SandboxPool({ run: 'test' }, options), { code: 'ERR_CONFIG_INVALID' })
    })
  }
})

suite('a sandbox', () => {
  test('ends what waits when it is closed, and everything after that', async () => {
    await using pool = createPool()
    const { sandbox, handle } = await deploy(pool, COUNTER)
    const waiting = handle()
    await sandbox.close()
    await sandbox.close()
    assert.equal((await waiting).error?.code, 'ERR_SANDBOX_CLOSED')
    assert.equal((await handle()).error?.code, 'ERR_SANDBOX_CLOSED')
    assert.equal(pool.agentCount, 0)
  })

  test('answers calls in the order in which they were made', async () => {
    await using pool = createPool()
    const { handle } = await deploy(pool, COUNTER)
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => handle()))
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      Array.from({ length: 200 }, (_, index) => index + 1),
    )
  })

  test('takes turns with its neighbours', async () => {
    await using pool = createPool()
    const order: string[] = []
    const agents = [await deploy(pool, COUNTER, { name: 'a' }), await deploy(pool, COUNTER, { name: 'b' })]
    const blocker = await deploy(pool, SPIN, { name: 'c', limits: { fuel: 50_000_000 } })
    const blocking = blocker.handle()
    const calls = agents.flatMap(({ handle }, index) =>
      [1, 2, 3].map(() => handle().then(() => order.push(index === 0 ? 'a' : 'b'))),
    )
    await Promise.all([blocking, ...calls])
    assert.equal(order.join(''), 'ababab')
  })
})

const SCRIPT = `
  const [{ createPool, deploy, COUNTER }] = await Promise.all([import(process.argv[1])])
  const pool = createPool()
  const { sandbox, handle } = await deploy(pool, COUNTER)
  await sandbox.start()
  await handle()
  if (process.argv[2] === 'close') await pool.close()
  console.log('end')`

suite('the process', () => {
  for (const ending of ['close', 'leave open']) {
    test(`ends by itself (${ending})`, async () => {
      const url = new URL('./fixtures.test.ts', import.meta.url).href
      const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, url, ending], { env: {} })
      let output = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
      const code = await new Promise((resolve) => child.on('exit', resolve))
      assert.match(output, /end/)
      assert.equal(code, 0, output)
    })
  }
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { STATUS } from '../../capability/index.ts'
import type { CaxtonError } from '../../core/index.ts'
import { HOST_LIMITS } from '../../core/index.ts'
import type { Deployed, DeployOptions } from '../fixtures.test.ts'
import { agentWat, COUNTER, createPool, deploy, SPIN, sendWat } from '../fixtures.test.ts'
import type { ProcessPoolOptions } from '../index.ts'
import { ProcessPool } from '../index.ts'
import { launch, threadArguments } from './launch.ts'

const LYING = fileURLToPath(new URL('../../../test/fakes/lying-process.ts', import.meta.url))
const LATE = fileURLToPath(new URL('../../../test/fakes/late-process.ts', import.meta.url))
const PERMISSION = fileURLToPath(new URL('../../../test/fakes/permission-thread.ts', import.meta.url))
const PROBE = fileURLToPath(new URL('../../../test/fakes/probe-process.ts', import.meta.url))

function openPool(options: ProcessPoolOptions = {}, entry?: string): ProcessPool {
  const { mailboxes } = createPool()
  return new ProcessPool({ run: 'test', mailboxes, ...(entry === undefined ? {} : { entry }) }, options)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

interface Probed {
  readonly main: Readonly<Record<string, string>>
  readonly worker: Readonly<Record<string, string>>
}

suite('whoever breaks out of WebAssembly in a process of guests', () => {
  test('can do nothing with the JavaScript of Node, in either thread', async () => {
    const child = launch(PROBE, 64, 'start')
    let report = ''
    for await (const chunk of child.stdio[3] as unknown as AsyncIterable<Buffer>) report += chunk
    child.kill('SIGKILL')
    const probed = JSON.parse(report) as Probed
    assert.ok(Object.keys(probed.main).length >= 25)
    for (const attempts of Object.values(probed)) {
      assert.deepEqual(
        Object.entries(attempts).filter(([, outcome]) => outcome === 'allowed'),
        [],
      )
    }
  })
})

test('a thread of guests has given up what it may when it takes its first message', async () => {
  const worker = new Worker(PERMISSION, { execArgv: [...threadArguments(), `--allow-fs-read=${PERMISSION}`] })
  assert.deepEqual(await once(worker, 'message'), [['inspector']])
  worker.postMessage(null)
  assert.deepEqual(await once(worker, 'message'), [[]])
  await worker.terminate()
})

test('guests of a process take turns by slices of the size that is asked for', async () => {
  await using pool = openPool({ sliceFuel: 1e12 })
  const { handle } = await deploy(pool, SPIN, { name: 'spin', tenant: 't', limits: { fuel: 1e15, wallMs: 1_500 } })
  const counter = await deploy(pool, COUNTER, { name: 'counter', tenant: 't' })
  const spinning = handle().then(() => 'spin')
  await sleep(500) // It runs by then.
  const counting = counter.handle().then(() => 'counter')
  assert.equal(await Promise.race([spinning, counting]), 'spin')
  await counting
})

test('a process starts whose main thread is late for its other one', async () => {
  await using pool = openPool({}, LATE)
  const { handle, sandbox } = await deploy(pool, COUNTER)
  assert.deepEqual([(await handle()).status, (await handle()).status], [1, 2])
  await sandbox.close()
})

test('a tenant has a process for what is compiled for speed, and another one for the rest', async () => {
  await using pool = openPool()
  const place = (name: string, compile: 'start' | 'speed') => deploy(pool, COUNTER, { name, tenant: 'acme', compile })
  const agents = await Promise.all([place('a', 'start'), place('b', 'speed'), place('c', 'speed')])
  assert.deepEqual([...pool.processIds.keys()].sort(), ['acme', 'speed:acme'])
  for (const { sandbox, handle } of agents) {
    assert.equal((await sandbox.start()).error, null)
    assert.deepEqual([(await handle()).status, (await handle()).status], [1, 2])
  }
  for (const [key, pid] of pool.processIds) {
    if (process.platform !== 'linux') continue
    const started = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    assert.equal(started.includes('--no-liftoff'), key === 'speed:acme')
  }
  await agents[0]?.sandbox.close()
  assert.deepEqual([...pool.processIds.keys()], ['speed:acme'])
})

interface Lie {
  readonly lie: string
  readonly violation: RegExp
}

const LIES: readonly Lie[] = [
  { lie: 'another sender', violation: /^a message of 'neighbour' from 'liar'$/ },
  { lie: 'no sender', violation: /^a message of '' from 'liar'$/ },
  { lie: 'content that is not JSON', violation: /^a message that is not one$/ },
  { lie: 'an unknown field', violation: /^a message that is not one$/ },
  { lie: 'an unknown act', violation: /^a message that is not one$/ },
  { lie: 'too many messages', violation: /^more messages than/ },
  { lie: 'a message that is too large', violation: /^a larger message than/ },
  { lie: 'too much log', violation: /^a longer log than/ },
  { lie: 'a log without text', violation: /^something else than text$/ },
  { lie: 'an unknown level', violation: /^an unknown word$/ },
  { lie: 'too many refusals', violation: /^too many refusals$/ },
  { lie: 'too many capabilities', violation: /^too many capabilities$/ },
  { lie: 'a capability without a name', violation: /^a capability without a name$/ },
  { lie: 'an agent that is not there', violation: /^an agent that is not there$/ },
  { lie: 'an agent that was not called', violation: /^'neighbour' spoke without having been called$/ },
  { lie: 'two ends of one call', violation: /^'liar' spoke without having been called$/ },
  { lie: 'an end nobody asked for', violation: /^an end nobody asked for$/ },
  { lie: 'an unknown error', violation: /^an error without a code$/ },
  { lie: 'too many frames', violation: /^frames that are not$/ },
  { lie: 'a call of no host function', violation: /^a call of no host function$/ },
  { lie: 'an impossible usage', violation: /^an amount that is not one$/ },
  { lie: 'more data than it may store', violation: /^more data than the agent may store$/ },
  { lie: 'more keys than it may store', violation: /^more data than the agent may store$/ },
  { lie: 'data under a key that is none', violation: /^data that is none$/ },
  { lie: 'data of a call that failed', violation: /^effects of a call that failed$/ },
  { lie: 'more timers than it may set', violation: /^more timers than the agent may set$/ },
  { lie: 'a timer that is due at once', violation: /^a timer with a delay that cannot be$/ },
  { lie: 'a timer with a number that is none', violation: /^a timer that is none$/ },
  { lie: 'a message to a topic that it may not publish to', violation: /^a message that 'liar' may not send$/ },
  { lie: 'a message to a person whom it may not ask', violation: /^a message that 'liar' may not send$/ },
  { lie: 'a subscription that it may not make', violation: /^a subscription that is not granted$/ },
  { lie: 'more subscriptions than it may make', violation: /^too many subscriptions$/ },
  { lie: 'a subscription to no pattern', violation: /^a subscription that is none$/ },
  { lie: 'an unknown message', violation: /^an unknown message$/ },
  { lie: 'an unknown event', violation: /^an unknown event$/ },
  { lie: 'the end of another call', violation: /^'liar' ended another call than the one that runs$/ },
  { lie: 'a message that was handed over', violation: /^an unknown message$/ },
  { lie: 'no object', violation: /^a message that is not one$/ },
  { lie: 'bytes that are no message', violation: /^bytes that are no message$/ },
  { lie: 'an empty message', violation: /^bytes that are no message$/ },
  { lie: 'JSON that is nested too deep', violation: /^bytes that are no message$/ },
  { lie: 'a message of four gigabytes', violation: /^a message that is too long$/ },
]

suite('a process in the hands of an enemy', { concurrency: 2 }, () => {
  interface Suspects {
    readonly pool: ProcessPool
    readonly pid: number
    readonly liar: Deployed
    readonly neighbour: Deployed
  }

  async function openSuspects(options: ProcessPoolOptions = {}): Promise<Suspects> {
    const pool = openPool(options, LYING)
    const limits = { messages: 2, messageBytes: 1_024, logBytes: 1_024 }
    const shared: DeployOptions = {
      tenant: 'suspects',
      limits,
      grants: { send: ['*'], store: { bytes: 40, keys: 2 }, timers: 2, subscribe: ['a.*'] },
    }
    const liar = await deploy(pool, COUNTER, { name: 'liar', ...shared })
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour', ...shared })
    return { pool, pid: pool.processIds.get('suspects')!, liar, neighbour }
  }

  for (const { lie, violation } of LIES) {
    test(`is killed with everybody in it for: ${lie}`, async () => {
      const { pool, pid, liar, neighbour } = await openSuspects()
      const { error } = await liar.handle(JSON.stringify(lie))
      // The second of two ends comes after the call has ended well.
      const cause = error ?? (await liar.handle()).error
      assert.equal(cause?.code, 'ERR_SANDBOX_PROCESS_LOST')
      assert.match(String(cause.data['violation']), violation)
      assert.equal((await neighbour.handle()).error?.code, 'ERR_SANDBOX_PROCESS_LOST')
      assert.deepEqual([...liar.restarts, ...neighbour.restarts, ...neighbour.sent], [])
      assert.ok(liar.sent.every(({ message }) => message.sender === 'liar'))
      await pool.close()
      assert.equal(isAlive(pid), false)
    })
  }

  test('sends no more than its agent may have under way', async () => {
    const { pool, liar } = await openSuspects()
    pool.mailboxes.open('liar', { mailboxMessages: 9, mailboxBytes: 9_000, outstandingMessages: 1 })
    const { error } = await liar.handle('"too many messages"')
    assert.equal(error?.data['violation'], 'more messages than may be outstanding')
    assert.equal(liar.sent.length, 1)
    await pool.close()
  })

  test('makes no ids: every message gets one here, and conversations that begin with it their own', async () => {
    const { pool, liar } = await openSuspects()
    void liar.handle('"an id of another"')
    while (liar.sent.length === 0) await sleep(5)
    const { message } = liar.sent[0]!
    assert.match(message.message_id, /^m-testp1-/)
    assert.equal(message.conversation_id, message.message_id)
    await pool.close()
  })

  test('says what it likes in the facts of an error, as a guest does', async () => {
    const { pool, liar } = await openSuspects()
    const { error } = await liar.handle('"a fact and an end"')
    assert.partialDeepStrictEqual(error?.data, { agent: 'liar', text: '\u001b[2J', list: [1, 'a'] })
    await pool.close()
  })

  for (const [lie, detail] of [
    ['silence', /silent for 400 ms/],
    ['a call that never ends', /no call ended for/],
    ['its last word', /ended with exit code 3/],
  ] as const) {
    test(`is given up for: ${lie}`, async () => {
      const { pool, pid, liar, neighbour } = await openSuspects({ silenceMs: 400 })
      const limits = { wallMs: 10, waitMs: 10 }
      const hasty = await deploy(pool, COUNTER, { name: 'hasty', tenant: 'hasty', limits })
      const subject = lie === 'a call that never ends' ? hasty : liar
      const { error } = await subject.handle(JSON.stringify(lie))
      assert.equal(error?.code, 'ERR_SANDBOX_PROCESS_LOST')
      assert.match(error.message, detail)
      if (subject === liar) {
        assert.equal(neighbour.restarts.length, 1)
        assert.notEqual(pool.processIds.get('suspects'), pid)
      }
      await pool.close()
      assert.equal(isAlive(pid), false)
    })
  }
})

suite('a process of guests', () => {
  let pool: ProcessPool
  before(() => {
    pool = openPool({ silenceMs: 1_000 })
  })
  after(() => pool.close())

  test('belongs to one tenant, and ends with its last agent', async () => {
    const [a, b, c] = await Promise.all([
      deploy(pool, COUNTER, { name: 'a', tenant: 'x' }),
      deploy(pool, COUNTER, { name: 'b', tenant: 'x' }),
      deploy(pool, COUNTER, { name: 'c' }),
    ])
    const pids = pool.processIds
    assert.deepEqual([...pids.keys()], ['x', 'c'])
    await a.sandbox.close()
    assert.equal((await b.handle()).status, 1)
    await b.sandbox.close()
    assert.equal(isAlive(pids.get('x')!), false)
    assert.equal((await c.handle()).status, 1)
    await c.sandbox.close()
    assert.deepEqual([pool.processIds.size, pool.agentCount], [0, 0])
  })

  test('that is stopped by a signal is killed, and what waits in it is not left waiting', async () => {
    const frozen = await deploy(pool, COUNTER, { name: 'frozen', tenant: 'x' })
    const idle = await deploy(pool, COUNTER, { name: 'idle', tenant: 'x' })
    const pid = pool.processIds.get('x')!
    process.kill(pid, 'SIGSTOP')
    const { error } = await frozen.handle()
    assert.equal(error?.code, 'ERR_SANDBOX_PROCESS_LOST')
    assert.equal((await idle.handle()).status, 1)
    assert.equal(idle.restarts.length, 1)
    assert.equal(isAlive(pid), false)
    await idle.sandbox.close()
  })

  test('that is killed while nothing runs costs its agents their memory alone', async () => {
    const agent = await deploy(pool, COUNTER, { name: 'agent' })
    await agent.sandbox.start()
    await agent.handle()
    process.kill(pool.processIds.get('agent')!, 'SIGKILL')
    while (agent.restarts.length === 0) await sleep(5)
    assert.equal((agent.restarts[0] as CaxtonError).code, 'ERR_SANDBOX_PROCESS_LOST')
    assert.equal((await agent.handle()).status, 1)
    await agent.sandbox.close()
  })

  test('whose heap a guest fills is lost with that guest alone', async () => {
    const small = openPool({ heapMiB: 32 })
    const neighbour = await deploy(small, COUNTER, { name: 'neighbour', tenant: 'x' })
    await neighbour.handle()
    const grow = '(loop $again (global.set $head (struct.new $node (global.get $head))) (br $again)) (unreachable)'
    const list = '(type $node (struct (field (ref null $node)))) (global $head (mut (ref null $node)) (ref.null $node))'
    const limits = { fuel: 1e15, wallMs: 60_000 }
    const { handle } = await deploy(small, agentWat(grow, list), { tenant: 'x', limits })
    assert.equal((await handle()).error?.code, 'ERR_SANDBOX_PROCESS_LOST')
    assert.equal((await neighbour.handle()).status, 1)
    assert.equal(neighbour.restarts.length, 1)
    await small.close()
  })

  test('begins again with the places its messages still hold', async () => {
    pool.mailboxes.open('sender', { mailboxMessages: 9, mailboxBytes: 9_000, outstandingMessages: 2 })
    const wat = sendWat({ performative: 'inform', receiver: 'user' })
    const { handle, restarts, sandbox } = await deploy(pool, wat, {
      name: 'sender',
      limits: { outstandingMessages: 2 },
    })
    assert.equal((await handle()).status, 0)
    process.kill(pool.processIds.get('sender')!, 'SIGKILL')
    while (restarts.length === 0) await sleep(5)
    const statuses = [(await handle()).status, (await handle()).status]
    assert.deepEqual(statuses, [STATUS.OK, STATUS.MAILBOX_FULL])
    assert.equal(pool.mailboxes.read('sender')?.outstanding, 2)
    await sandbox.close()
  })

  test('is refused beyond the number of processes, before one is started', async () => {
    const few = openPool({ processes: 1 })
    await deploy(few, COUNTER, { name: 'a' })
    await assert.rejects(deploy(few, COUNTER, { name: 'b' }), { code: 'ERR_LIMIT_AGENTS' })
    assert.equal((await deploy(few, COUNTER, { name: 'b', tenant: 'a' })).restarts.length, 0)
    assert.equal(few.processIds.size, 1)
    await few.close()
  })

  test('that cannot be started fails its agents once', async () => {
    const broken = openPool({}, '/nowhere/main.js')
    await assert.rejects(deploy(broken, SPIN), { code: 'ERR_SANDBOX_PROCESS_LOST' })
    assert.equal(broken.processIds.size, 0)
    await broken.close()
  })

  for (const options of [
    { processes: 0 },
    { processes: HOST_LIMITS.processes + 1 },
    { heapMiB: 1 },
    { sliceFuel: 9_999 },
    { silenceMs: 1 },
    { silenceMs: Number.NaN },
  ]) {
    test(`is refused with the options ${JSON.stringify(options)}`, () => {
      assert.throws(() => openPool(options), { code: 'ERR_CONFIG_INVALID' })
    })
  }
})

const HOST = `
  const { createPool, deploy, COUNTER } = await import(process.argv[1])
  const { ProcessPool } = await import(process.argv[2])
  const pool = new ProcessPool({ run: 'test', mailboxes: createPool().mailboxes })
  const { handle } = await deploy(pool, COUNTER)
  await handle()
  console.log('pid', pool.processIds.get('subject'))
  if (process.argv[3] === 'is killed') setInterval(() => {}, 1000)`

suite('a host', () => {
  for (const ending of ['is killed', 'leaves its pool open']) {
    test(`that ${ending} leaves no process behind`, async () => {
      const urls = ['../fixtures.test.ts', '../index.ts'].map((path) => new URL(path, import.meta.url).href)
      const host = spawn(process.execPath, ['--input-type=module', '-e', HOST, ...urls, ending], { env: {} })
      const ended = new Promise((resolve) => host.on('exit', (code, signal) => resolve(code ?? signal)))
      let output = ''
      for await (const chunk of host.stdout) {
        output += chunk
        if (ending === 'is killed' && /pid \d+\s/.test(output)) host.kill('SIGKILL')
      }
      assert.equal(await ended, ending === 'is killed' ? 'SIGKILL' : 0, output)
      const pid = Number(/pid (\d+)/.exec(output)?.[1])
      assert.ok(pid > 0, output)
      while (isAlive(pid)) await sleep(10)
    })
  }
})

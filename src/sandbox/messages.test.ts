import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Grants } from '../capability/index.ts'
import { STATUS } from '../capability/index.ts'
import type { ErrorCode } from '../core/index.ts'
import { agentWat, createPool, deploy, sendWat, toMessage } from './fixtures.test.ts'
import { messageBytes } from './index.ts'

const SEND_IMPORT = '(import "caxton" "send_message" (func $send (param i32 i32) (result i32)))'

interface Case {
  readonly name: string
  readonly draft: object | string
  readonly grants?: Partial<Grants>
  readonly status: number
  readonly refusal?: ErrorCode
}

const inform = { performative: 'inform', receiver: 'other' }
const CASES: readonly Case[] = [
  { name: 'a message to whom the grant names is sent', draft: inform, grants: { send: ['other'] }, status: STATUS.OK },
  {
    name: 'a message to anybody is sent under a grant for all',
    draft: inform,
    grants: { send: ['*'] },
    status: STATUS.OK,
  },
  {
    name: 'a message without a grant is refused',
    draft: inform,
    grants: { send: ['another'] },
    status: STATUS.DENIED,
    refusal: 'ERR_GRANT_MISSING',
  },
  {
    name: 'an answer to the sender of the message needs no grant',
    draft: { ...inform, receiver: 'user' },
    status: STATUS.OK,
  },
  {
    name: 'a capability needs a grant of its own',
    draft: { ...inform, receiver: 'capability:count' },
    grants: { send: ['count'] },
    status: STATUS.DENIED,
    refusal: 'ERR_GRANT_MISSING',
  },
  {
    name: 'a list of receivers is refused when one of them may not be written to',
    draft: { ...inform, receiver: ['user', 'other'] },
    status: STATUS.DENIED,
    refusal: 'ERR_GRANT_MISSING',
  },
  {
    name: 'a list of receivers is refused when it is longer than what may wait',
    draft: { ...inform, receiver: Array.from({ length: 5 }, (_, index) => `a${index}`) },
    grants: { send: ['*'] },
    status: STATUS.MAILBOX_FULL,
    refusal: 'ERR_LIMIT_MAILBOX',
  },
  {
    name: 'its own name as sender is taken',
    draft: { ...inform, receiver: 'user', sender: 'subject' },
    status: STATUS.OK,
  },
  {
    name: 'another name as sender is refused',
    draft: { ...inform, receiver: 'user', sender: 'neighbour' },
    status: STATUS.DENIED,
    refusal: 'ERR_MESSAGE_SENDER_FORGED',
  },
  { name: 'text that is not JSON is refused', draft: '{', status: STATUS.INVALID, refusal: 'ERR_MESSAGE_INVALID' },
  {
    name: 'a field that is unknown is refused',
    draft: { ...inform, __proto: 1 },
    status: STATUS.INVALID,
    refusal: 'ERR_MESSAGE_INVALID',
  },
  {
    name: 'a message over its size is refused',
    draft: { ...inform, content: 'x'.repeat(1_000) },
    grants: { send: ['*'] },
    status: STATUS.TOO_LARGE,
    refusal: 'ERR_LIMIT_MESSAGE_BYTES',
  },
]

suite('what a guest sends', () => {
  for (const { name, draft, grants, status, refusal } of CASES) {
    test(name, async () => {
      await using pool = createPool()
      const subject = await deploy(pool, sendWat(draft), {
        grants: grants ?? {},
        limits: { messageBytes: 512, outstandingMessages: 4 },
      })
      const outcome = await subject.handle()
      assert.equal(outcome.error, null)
      assert.equal(outcome.status, status)
      assert.equal(subject.sent.length, status === STATUS.OK ? 1 : 0)
      assert.equal(subject.refusals[0]?.code, refusal)
      if (refusal !== undefined) assert.equal(subject.refusals[0]?.data?.['agent'], 'subject')
    })
  }

  test('the runtime sets the sender and an id of its own', async () => {
    await using pool = createPool()
    const subject = await deploy(pool, sendWat({ ...inform, message_id: 'mine' }), { grants: { send: ['*'] } })
    await subject.handle()
    await subject.handle()
    const messages = subject.sent.map(({ message }) => message)
    assert.deepEqual(new Set(messages.map(({ sender }) => sender)), new Set(['subject']))
    assert.equal(new Set(messages.map(({ message_id }) => message_id)).size, 2)
    assert.ok(messages.every(({ message_id }) => message_id !== 'mine'))
  })

  test('what a guest charges is counted for the call, and only whole numbers from 0 on', async () => {
    await using pool = createPool()
    const charge = '(import "caxton" "charge_cost" (func $charge (param i64) (result i32)))'
    const body = `(drop (call $charge (i64.const 40))) (drop (call $charge (i64.const 2)))
      (i32.add (call $charge (i64.const -1)) (call $charge (i64.const 0x7fffffffffffffff)))`
    const { handle } = await deploy(pool, agentWat(body, charge), {})
    for (let round = 0; round < 2; round += 1) {
      const { status, usage } = await handle()
      assert.deepEqual([status, usage.cost], [2 * STATUS.INVALID, 42])
    }
  })

  test('a list of receivers is one message to each, in one conversation', async () => {
    await using pool = createPool()
    const draft = { ...inform, receiver: ['a', 'b', 'c'], content: 1 }
    const subject = await deploy(pool, sendWat(draft), { grants: { send: ['*'] } })
    await subject.handle()
    const messages = subject.sent.map(({ message }) => message)
    assert.deepEqual(
      messages.map(({ receiver }) => receiver),
      ['a', 'b', 'c'],
    )
    assert.deepEqual(new Set(messages.map((message) => message.conversation_id)), new Set([messages[0]?.message_id]))
    assert.equal(new Set(messages.map(({ message_id }) => message_id)).size, 3)
  })

  test('a forged sender is reported with the name it claims', async () => {
    await using pool = createPool()
    const subject = await deploy(pool, sendWat({ ...inform, sender: 'coordinator' }), { grants: { send: ['*'] } })
    await subject.handle()
    assert.deepEqual(subject.refusals[0]?.data, { agent: 'subject', claimed: 'coordinator' })
  })

  for (const [pointer, length] of [
    [65_536, 1],
    [-1, 1],
    [0, -1],
    [65_530, 7],
    [2 ** 31 - 1, 2 ** 31 - 1],
  ]) {
    test(`the range (${pointer}, ${length}) is answered with FAULT and the guest goes on`, async () => {
      await using pool = createPool()
      const wat = agentWat(`(call $send (i32.const ${pointer}) (i32.const ${length}))`, SEND_IMPORT)
      const { handle } = await deploy(pool, wat, { limits: { fuel: 1e12 } })
      assert.equal((await handle()).status, STATUS.FAULT)
      assert.equal((await handle()).status, STATUS.FAULT)
    })
  }

  test('many refusals are reported by a few and a count', async () => {
    await using pool = createPool()
    const body = `(local $i i32) (loop $again (drop (call $send (i32.const 0) (i32.const 1)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100)))) (i32.const 0)`
    const { handle, refusals } = await deploy(pool, agentWat(body, SEND_IMPORT))
    await handle()
    assert.equal(refusals.length, 5)
    assert.equal(refusals[4]?.data?.['unreported'], 96)
  })
})

suite('room in mailboxes', () => {
  const capacities = { mailboxMessages: 2, mailboxBytes: 10_000, outstandingMessages: 100 }
  const wat = sendWat(inform)
  const grants = { send: ['*'] }

  test('a full mailbox is told to the guest at once, and room that is given back is used again', async () => {
    await using pool = createPool()
    pool.mailboxes.open('subject', capacities)
    pool.mailboxes.open('other', capacities)
    const { handle, sent, refusals } = await deploy(pool, wat, { grants })
    const statuses = [await handle(), await handle(), await handle()].map(({ status }) => status)
    assert.deepEqual(statuses, [STATUS.OK, STATUS.OK, STATUS.MAILBOX_FULL])
    assert.equal(refusals[0]?.code, 'ERR_LIMIT_MAILBOX')
    assert.ok(sent.every(({ reserved }) => reserved))
    const bytes = messageBytes(sent[0]!.message)
    assert.deepEqual(pool.mailboxes.read('other'), { messages: 2, bytes: bytes * 2, outstanding: 0 })
    assert.deepEqual(pool.mailboxes.read('subject'), { messages: 0, bytes: 0, outstanding: 2 })
    pool.mailboxes.release('other', 'subject', bytes)
    assert.equal((await handle()).status, STATUS.OK)
  })

  test('a receiver without a mailbox costs a place of the sender alone', async () => {
    await using pool = createPool()
    pool.mailboxes.open('subject', { ...capacities, outstandingMessages: 1 })
    const { handle, sent } = await deploy(pool, wat, { grants })
    assert.equal((await handle()).status, STATUS.OK)
    assert.equal(sent[0]?.reserved, false)
    assert.equal((await handle()).status, STATUS.MAILBOX_FULL)
    pool.mailboxes.releaseSender('subject')
    assert.equal((await handle()).status, STATUS.OK)
  })

  test('a mailbox is known to threads that run already, until it is closed', async () => {
    await using pool = createPool()
    const { handle, sent } = await deploy(pool, wat, { grants })
    pool.mailboxes.open('other', capacities)
    await handle()
    pool.mailboxes.close('other')
    await handle()
    assert.deepEqual(
      sent.map(({ reserved }) => reserved),
      [true, false],
    )
  })
})

suite('what else a guest asks for', () => {
  test('log lines arrive from the granted level on', async () => {
    await using pool = createPool()
    const body =
      '(drop (call $log (i32.const 0) (i32.const 0) (i32.const 2))) (call $log (i32.const 2) (i32.const 0) (i32.const 2))'
    const fields = '(import "caxton" "log" (func $log (param i32 i32 i32) (result i32))) (data (i32.const 0) "hi")'
    const { handle, logs } = await deploy(pool, agentWat(body, fields), { grants: { log: 'info' } })
    const { usage } = await handle()
    assert.deepEqual(logs, [{ level: 'warn', text: 'hi' }])
    assert.equal(usage.logBytes, 3)
  })

  test('a capability is registered once, and only if it is granted', async () => {
    await using pool = createPool()
    const register = (length: number) => `(call $register (i32.const 0) (i32.const ${length}))`
    const body = `(drop ${register(5)}) (drop ${register(5)}) ${register(4)}`
    const fields =
      '(import "caxton" "register_capability" (func $register (param i32 i32) (result i32))) (data (i32.const 0) "count")'
    const subject = await deploy(pool, agentWat(body, fields), { grants: { register: ['count'] } })
    assert.equal((await subject.handle()).status, STATUS.DENIED)
    assert.deepEqual(subject.registered, ['count'])
    assert.deepEqual(subject.refusals[0]?.data, { agent: 'subject', grant: 'register', capability: 'coun' })
  })

  test('configuration is found by its own keys alone', async () => {
    await using pool = createPool()
    const get = (pointer: number, length: number) =>
      `(call $get (i32.const ${pointer}) (i32.const ${length}) (i32.const 99) (i32.const 9))`
    const fields =
      '(import "caxton" "get_config" (func $get (param i32 i32 i32 i32) (result i32))) (data (i32.const 0) "keyconstructor")'
    const found = await deploy(pool, agentWat(get(0, 3), fields), { config: { key: 'abc' } })
    const missing = await deploy(pool, agentWat(get(3, 11), fields), { config: { key: 'abc' } })
    assert.equal((await found.handle()).status, 3)
    assert.equal((await missing.handle()).status, STATUS.NOT_FOUND)
  })

  test('an abort of AssemblyScript ends the guest with its message and place', async () => {
    await using pool = createPool()
    const text = (value: string) =>
      [...Buffer.from(value, 'utf16le')].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
    const wat = agentWat(
      '(call $abort (i32.const 104) (i32.const 204) (i32.const 7) (i32.const 3)) (i32.const 0)',
      `(import "env" "abort" (func $abort (param i32 i32 i32 i32)))
       (data (i32.const 100) "\\06\\00\\00\\00${text('bad')}") (data (i32.const 200) "\\08\\00\\00\\00${text('a.ts')}")`,
    )
    const { error } = await (await deploy(pool, wat)).handle()
    assert.equal(error?.code, 'ERR_GUEST_ABORT')
    assert.match(error.message, /bad \(a\.ts:7:3\)/)
  })

  for (const pointers of ['(i32.const 2) (i32.const 65536)', '(i32.const -1) (i32.const 65534)']) {
    test(`an abort of AssemblyScript with the pointers ${pointers} ends the guest without a text`, async () => {
      await using pool = createPool()
      const wat = agentWat(
        `(call $abort ${pointers} (i32.const 7) (i32.const 3)) (i32.const 0)`,
        '(import "env" "abort" (func $abort (param i32 i32 i32 i32))) (data (i32.const 65528) "\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff")',
      )
      const { error } = await (await deploy(pool, wat)).handle()
      assert.equal(error?.code, 'ERR_GUEST_ABORT')
    })
  }

  test('standard output and error become log lines, and proc_exit ends an agent', async () => {
    await using pool = createPool()
    const wat = agentWat(
      `(drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 60)))
       (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 60)))
       (call $exit (i32.const 3)) (i32.const 0)`,
      `(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
       (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
       (data (i32.const 0) "\\08\\00\\00\\00\\05\\00\\00\\00a\\0abcd")`,
    )
    const { handle, logs } = await deploy(pool, wat, { grants: { log: 'info' } })
    const { error } = await handle()
    assert.equal(error?.code, 'ERR_GUEST_EXIT')
    assert.equal(error.data['exitCode'], 3)
    assert.deepEqual(logs, [
      { level: 'info', text: 'a' },
      { level: 'warn', text: 'a' },
      { level: 'info', text: 'bcd' },
      { level: 'warn', text: 'bcd' },
    ])
  })

  test('a command answers its exit code', async () => {
    await using pool = createPool()
    const command = (body: string) => `(module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1) (func (export "_start") ${body}))`
    const failing = await deploy(pool, command('(call $exit (i32.const 7))'), { door: 'command' })
    const silent = await deploy(pool, command(''), { door: 'command' })
    assert.deepEqual([(await failing.sandbox.start()).status, (await silent.sandbox.start()).status], [7, 0])
    assert.equal((await silent.sandbox.handle(toMessage('subject'))).error?.code, 'ERR_GUEST_ABI')
  })
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { DeployOptions } from './fixtures.test.ts'
import { COUNTER, createPool, deploy, SPIN } from './fixtures.test.ts'
import { ProcessPool } from './index.ts'

const WASI = 'wasi_snapshot_preview1'
const LINE_AT = 4_096

/** Writes text as WAT bytes. */
function bytes(text: string): string {
  return [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
}

/**
 * A command. `$read` reads at most `capacity` bytes to 8192 and answers how many, or minus an errno; `$say` writes the output, `$complain`
 * writes it to standard error; `$exit` ends.
 */
function commandWat(start: string, { output = '', capacity = 4_096, fields = '' } = {}): string {
  return `(module
    (import "${WASI}" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "${WASI}" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "${WASI}" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "${WASI}" "fd_fdstat_set_flags" (func $set_flags (param i32 i32) (result i32)))
    (import "${WASI}" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 2)
    (global $count (mut i32) (i32.const 0))
    (data (i32.const ${LINE_AT}) "${bytes(output)}")
    ${fields}
    (func $read (result i32) (local $errno i32)
      (i32.store (i32.const 0) (i32.const 8192)) (i32.store (i32.const 4) (i32.const ${capacity}))
      (local.set $errno (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (if (local.get $errno) (then (return (i32.sub (i32.const 0) (local.get $errno)))))
      (i32.load (i32.const 8)))
    (func $write (param $fd i32) (param $at i32) (param $length i32)
      (i32.store (i32.const 0) (local.get $at)) (i32.store (i32.const 4) (local.get $length))
      (if (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)) (then (unreachable))))
    (func $say (call $write (i32.const 1) (i32.const ${LINE_AT}) (i32.const ${Buffer.byteLength(output)})))
    (func $complain (call $write (i32.const 2) (i32.const ${LINE_AT}) (i32.const ${Buffer.byteLength(output)})))
    (func $start (export "_start") (local $got i32) ${start}))`
}

const DRAFT = { performative: 'inform', receiver: 'user', content: 'hello' }
const LINE = `${JSON.stringify(DRAFT)}\n`

/** Says the output for each line it reads, until the end of its input. */
const ANSWERING = '(loop $l (if (i32.gt_s (call $read) (i32.const 0)) (then (call $say) (br $l))))'

const STDIO: DeployOptions = { door: 'stdio', grants: { send: ['*'] } }

function deployCommand(pool: Parameters<typeof deploy>[0], wat: string, options: DeployOptions = {}) {
  return deploy(pool, wat, { ...STDIO, ...options })
}

function contents(sent: readonly { readonly message: { readonly content?: string } }[]): (string | undefined)[] {
  return sent.map(({ message }) => message.content)
}

suite('a command behind the door stdio', () => {
  test('reads a message a line and writes one a line, and rests in between', async () => {
    await using pool = createPool()
    const { sandbox, handle, sent } = await deployCommand(pool, commandWat(ANSWERING, { output: LINE }))
    assert.deepEqual([(await sandbox.start()).status, sent.length], [0, 0])
    for (let round = 1; round <= 3; round += 1) {
      const { status, error, usage } = await handle()
      assert.deepEqual([status, error, usage.messagesSent, sent.length], [0, null, 1, round])
      assert.ok(usage.fuel > 0)
    }
    const { message } = sent[0]!
    assert.deepEqual([message.sender, message.receiver, message.content], ['subject', 'user', '"hello"'])
  })

  test('ends well at the end of its input, and takes nothing any more', async () => {
    await using pool = createPool()
    const { sandbox, handle, sent } = await deployCommand(
      pool,
      commandWat(`${ANSWERING} (call $say)`, { output: LINE }),
    )
    await sandbox.start()
    const { error, hasEnded, status } = await sandbox.finish!()
    assert.deepEqual([error, hasEnded, status, sent.length], [null, true, 0, 1])
    assert.equal((await handle()).error?.code, 'ERR_GUEST_ENDED')
  })

  test('fails with the exit code it ends with', async () => {
    await using pool = createPool()
    const wat = commandWat('(drop (call $read)) (call $exit (i32.const 33))')
    const { sandbox, handle } = await deployCommand(pool, wat)
    assert.equal((await sandbox.start()).error, null)
    const { error } = await handle()
    assert.deepEqual([error?.code, error?.data['exitCode']], ['ERR_GUEST_EXIT', 33])
  })

  test('has a budget of its own for each message, the first reading of which begins it', async () => {
    await using pool = createPool()
    const work =
      '(local.set $got (i32.const 100000)) (loop $w (br_if $w (local.tee $got (i32.sub (local.get $got) (i32.const 1)))))'
    const wat = commandWat(`(loop $l (if (i32.gt_s (call $read) (i32.const 0)) (then ${work} (br $l))))`)
    const { sandbox, handle } = await deployCommand(pool, wat, { limits: { fuel: 1_000_000, hostCalls: 3 } })
    await sandbox.start()
    const fuels = []
    for (let round = 0; round < 30; round += 1) {
      const { error, usage } = await handle()
      assert.equal(error, null)
      fuels.push(usage.fuel)
    }
    assert.ok(fuels[0]! > 100_000)
    assert.equal(new Set(fuels).size, 1)
  })

  test('is stopped by its limits like every other guest', async () => {
    await using pool = createPool()
    const spin = commandWat('(drop (call $read)) (loop $l (br $l))')
    const flood = commandWat('(drop (call $read)) (loop $l (call $say) (br $l))', { output: LINE })
    const cases = [
      { wat: spin, limits: { fuel: 1_000_000 }, code: 'ERR_LIMIT_FUEL' },
      { wat: spin, limits: { fuel: 1e15, wallMs: 30 }, code: 'ERR_LIMIT_WALL' },
      { wat: flood, limits: { messages: 10 }, code: 'ERR_LIMIT_MESSAGES' },
      { wat: flood, limits: { hostCalls: 10 }, code: 'ERR_LIMIT_HOST_CALLS' },
    ]
    for (const { wat, limits, code } of cases) {
      const { sandbox, handle } = await deployCommand(pool, wat, { limits })
      assert.equal((await sandbox.start()).error, null)
      assert.equal((await handle()).error?.code, code)
    }
  })

  test('finds its stack as deep as it left it, message after message', async () => {
    await using pool = createPool()
    const deep = `(func $deep (param $n i32) (if (local.get $n) (then (call $deep (i32.sub (local.get $n) (i32.const 1))))
      (else (loop $l (if (i32.gt_s (call $read) (i32.const 0)) (then (call $more (i32.const 200)) (br $l)))))))
      (func $more (param $n i32) (if (local.get $n) (then (call $more (i32.sub (local.get $n) (i32.const 1))))))`
    const wat = commandWat('(call $deep (i32.const 200))', { fields: deep })
    const { sandbox, handle } = await deployCommand(pool, wat)
    await sandbox.start()
    for (let round = 0; round < 5; round += 1) assert.equal((await handle()).error, null)
    const endless = wat.replace('(call $more (i32.const 200))', '(call $more (i32.const 100000000))')
    const other = await deployCommand(pool, endless)
    await other.sandbox.start()
    assert.equal((await other.handle()).error?.code, 'ERR_LIMIT_STACK')
  })

  test('reads a line by parts, and all of it before it rests', async () => {
    await using pool = createPool()
    const wat = commandWat(
      `(loop $l (local.set $got (call $read))
        (if (i32.gt_s (local.get $got) (i32.const 0)) (then
          (global.set $count (i32.add (global.get $count) (local.get $got)))
          (if (i32.eq (i32.load8_u (i32.add (i32.const 8191) (local.get $got))) (i32.const 10)) (then (call $say)))
          (br $l))))
      (call $exit (global.get $count))`,
      { output: LINE, capacity: 7 },
    )
    const { sandbox, handle, sent } = await deployCommand(pool, wat)
    await sandbox.start()
    await handle('"first\\nline"')
    await handle('{\n"pretty":\r\n1}')
    assert.equal(sent.length, 2)
    assert.equal((await sandbox.finish!()).error?.code, 'ERR_GUEST_EXIT')
  })

  test('sends what is a message and reports what is not', async () => {
    await using pool = createPool()
    const output = [
      'not json',
      '{"performative":"inform"}',
      JSON.stringify({ ...DRAFT, sender: 'somebody' }),
      '',
      ' \t\r',
      JSON.stringify({ ...DRAFT, content: 'one' }),
      `${JSON.stringify({ ...DRAFT, content: 'two' })}\r`,
      '',
    ].join('\n')
    const { sandbox, handle, sent, refusals } = await deployCommand(pool, commandWat(ANSWERING, { output }))
    await sandbox.start()
    await handle()
    assert.deepEqual(contents(sent), ['"one"', '"two"'])
    const codes = refusals.map(({ code }) => code)
    assert.deepEqual(codes, ['ERR_MESSAGE_INVALID', 'ERR_MESSAGE_INVALID', 'ERR_MESSAGE_SENDER_FORGED'])
  })

  test('writes a line by parts, over messages, and its last one without an end', async () => {
    await using pool = createPool()
    const half = Math.floor(LINE.length / 2)
    const wat = commandWat(
      `(loop $l (if (i32.gt_s (call $read) (i32.const 0)) (then
          (if (global.get $count)
            (then (call $write (i32.const 1) (i32.const ${LINE_AT + half}) (i32.const ${LINE.length - half})) (global.set $count (i32.const 0)))
            (else (call $write (i32.const 1) (i32.const ${LINE_AT}) (i32.const ${half})) (global.set $count (i32.const 1))))
          (br $l))))
      (call $write (i32.const 1) (i32.const ${LINE_AT}) (i32.const ${LINE.length - 1}))`,
      { output: LINE },
    )
    const { sandbox, handle, sent } = await deployCommand(pool, wat)
    await sandbox.start()
    await handle()
    assert.equal(sent.length, 0)
    await handle()
    assert.equal(sent.length, 1)
    await sandbox.finish!()
    assert.equal(sent.length, 2)
  })

  test('is told of no line that is too long, and nothing of such a line is kept or sent', async () => {
    await using pool = createPool()
    const wat = commandWat(
      `(memory.fill (i32.const 65536) (i32.const 32) (i32.const 65536))
      (loop $l (if (i32.gt_s (call $read) (i32.const 0)) (then
        (i32.store8 (i32.const 65536) (i32.const 120))
        (local.set $got (i32.const 100))
        (loop $w (call $write (i32.const 1) (i32.const 65536) (i32.const 65536))
          (br_if $w (local.tee $got (i32.sub (local.get $got) (i32.const 1)))))
        (call $say) (call $say) (br $l))))`,
      { output: LINE },
    )
    const limits = { messageBytes: 4_096, fuel: 20_000_000 }
    const { sandbox, handle, sent, refusals } = await deployCommand(pool, wat, { limits })
    await sandbox.start()
    assert.equal((await handle()).error, null)
    assert.deepEqual([refusals.map(({ code }) => code), sent.length], [['ERR_LIMIT_MESSAGE_BYTES'], 1])
  })

  test('logs what it writes to standard error, by grant', async () => {
    await using pool = createPool()
    const wat = commandWat('(drop (call $read)) (call $complain) (drop (call $read))', { output: 'oh\nno' })
    const { sandbox, handle, logs, sent } = await deployCommand(pool, wat, { grants: { log: 'debug' } })
    await sandbox.start()
    await handle()
    assert.deepEqual(logs, [
      { level: 'warn', text: 'oh' },
      { level: 'warn', text: 'no' },
    ])
    assert.equal(sent.length, 0)
  })

  test('that never reads runs once: what it sends is sent, and then it has ended', async () => {
    await using pool = createPool()
    const { sandbox, sent } = await deployCommand(pool, commandWat('(call $say)', { output: LINE }))
    assert.equal((await sandbox.start()).hasEnded, true)
    assert.equal(sent.length, 1)
  })

  test('rests in poll_oneoff, too, whatever its timeouts are', async () => {
    await using pool = createPool()
    // Two subscriptions: a millisecond on the clock, and standard input.
    const wat = commandWat(
      `(i32.store (i32.const 1040) (i32.const 1)) (i64.store (i32.const 1048) (i64.const 1000000))
      (i32.store8 (i32.const 1080) (i32.const 1)) (i64.store (i32.const 1072) (i64.const 7))
      (loop $l
        (if (call $poll (i32.const 1024) (i32.const 2048) (i32.const 2) (i32.const 3072)) (then (unreachable)))
        (if (i32.ne (i32.load (i32.const 3072)) (i32.const 1)) (then (unreachable)))
        (if (i64.ne (i64.load (i32.const 2048)) (i64.const 7)) (then (unreachable)))
        (if (i32.gt_s (call $read) (i32.const 0)) (then (call $say) (br $l))))`,
      { output: LINE },
    )
    for (const clock of [null, { resolutionMicros: 1 }]) {
      const { sandbox, handle, sent } = await deployCommand(pool, wat, { grants: { send: ['*'], clock } })
      assert.equal((await sandbox.start()).error, null)
      await new Promise((resolve) => setTimeout(resolve, 10))
      for (let round = 1; round <= 2; round += 1) assert.deepEqual([(await handle()).error, sent.length], [null, round])
      assert.equal((await sandbox.finish!()).hasEnded, true)
    }
  })

  test('is told AGAIN where it asks not to wait', async () => {
    await using pool = createPool()
    const wat = commandWat(
      '(drop (call $set_flags (i32.const 0) (i32.const 4))) (call $exit (i32.sub (i32.const 100) (call $read)))',
    )
    const { sandbox } = await deployCommand(pool, wat)
    assert.equal((await sandbox.start()).error?.data['exitCode'], 106)
  })
})

suite('a command that rests', () => {
  test('is closed, killed and outlived like every other guest', async () => {
    await using pool = createPool()
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    for (let round = 1; round <= 30; round += 1) {
      const resting = await deployCommand(pool, commandWat(ANSWERING, { output: LINE }))
      await resting.sandbox.start()
      const spin = await deploy(pool, SPIN, { name: 'spin', limits: { fuel: 1e15, wallMs: 2 } })
      const killed = spin.handle()
      assert.equal((await resting.handle()).error, null)
      assert.equal((await killed).error?.code, 'ERR_LIMIT_WALL')
      await resting.sandbox.close()
      assert.equal((await neighbour.handle()).status, round)
    }
    assert.deepEqual(neighbour.restarts, [])
  })

  test('takes many messages in order, one at a time', async () => {
    await using pool = createPool()
    const wat = commandWat(
      `(loop $l (local.set $got (call $read)) (if (i32.gt_s (local.get $got) (i32.const 0)) (then
        (call $write (i32.const 1) (i32.const 8192) (local.get $got)) (br $l))))`,
    )
    const { sandbox, sent } = await deployCommand(pool, wat, { name: 'user' })
    await sandbox.start()
    const message = { performative: 'inform', sender: 'user', receiver: 'user' } as const
    const handled = Array.from({ length: 200 }, (_, index) =>
      sandbox.handle({ ...message, message_id: 'm', conversation_id: 'c', content: String(index) }),
    )
    for (const { error } of await Promise.all(handled)) assert.equal(error, null)
    const order = sent.map(({ message: { content } }) => Number(content))
    assert.deepEqual(order, [...order.keys()])
    assert.equal(order.length, 200)
  })

  test('is killed in the middle of a row of messages, each with its own time, and only it', async () => {
    await using pool = createPool()
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    // Spins at its third message; those before are handled one behind the other, without a rest between them.
    const wat = commandWat(
      `(loop $l (if (i32.gt_s (call $read) (i32.const 0)) (then
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (if (i32.eq (global.get $count) (i32.const 3)) (then (loop $spin (br $spin))))
        (br $l))))`,
    )
    for (let round = 1; round <= 20; round += 1) {
      const subject = await deployCommand(pool, wat, { limits: { fuel: 1e15, wallMs: 5 } })
      await subject.sandbox.start()
      const outcomes = await Promise.all([1, 2, 3, 4].map(() => subject.handle()))
      const codes = outcomes.map(({ error }) => error?.code ?? 'none')
      assert.equal(codes.at(-1), 'ERR_LIMIT_WALL')
      // A busy machine may use up the time of an earlier one.
      assert.ok(codes.lastIndexOf('none') <= 1)
      assert.equal((await neighbour.handle()).status, round)
    }
    assert.deepEqual(neighbour.restarts, [])
  })

  test('lets a neighbour have its turns between its own messages', async () => {
    await using pool = createPool()
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    const { sandbox, handle } = await deployCommand(pool, commandWat(ANSWERING, { output: LINE }))
    await sandbox.start()
    const order: string[] = []
    const row = Array.from({ length: 400 }, () => handle().then(() => order.push('row')))
    const other = neighbour.handle().then(() => order.push('neighbour'))
    await Promise.all([...row, other])
    assert.ok(order.indexOf('neighbour') < 300)
  })

  test('handles, rests and ends in a process of its own, too', async () => {
    const { mailboxes } = createPool()
    await using pool = new ProcessPool({ run: 'test', mailboxes })
    const { sandbox, handle, sent } = await deployCommand(pool, commandWat(ANSWERING, { output: LINE }))
    await sandbox.start()
    for (let round = 1; round <= 3; round += 1) assert.deepEqual([(await handle()).error, sent.length], [null, round])
    assert.equal((await sandbox.finish!()).hasEnded, true)
  })
})

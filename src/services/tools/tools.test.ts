import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { serveTools } from '../../../test/fakes/mcp-server.ts'
import type { ToolServerOptions } from '../../capability/index.ts'
import { STATUS, TOOL_SERVER_DEFAULTS } from '../../capability/index.ts'
import type { AuditRecord } from '../audit.ts'
import { Secrets } from '../secrets/secrets.ts'
import { runBounded } from './bounded-validator.ts'
import { ToolService } from './service.ts'

const PROGRAM = new URL('../../../test/fakes/mcp-server.ts', import.meta.url).pathname
const TOKEN = 'a very secret token'

const STDIO: ToolServerOptions = {
  ...TOOL_SERVER_DEFAULTS,
  transport: {
    kind: 'stdio',
    command: process.execPath,
    args: [PROGRAM],
    env: { TOKEN: [{ secret: 'token' }] },
    cwd: null,
  },
}

class Caller implements AsyncDisposable {
  readonly audits: AuditRecord[] = []
  readonly service: ToolService
  readonly #tools: readonly string[]
  #lastAsk = 0

  constructor(secrets: Secrets, options: ToolServerOptions, tools: readonly string[]) {
    this.#tools = tools
    const parts = { secrets, charge: () => null, audit: (record: AuditRecord) => void this.audits.push(record) }
    this.service = new ToolService(parts, { fake: options })
  }

  /** Calls a tool; answers its result, or the status of a failure. */
  async call(name: string, input: unknown = {}, signal = new AbortController().signal): Promise<Result | number> {
    this.#lastAsk += 1
    const bytes = Buffer.from(typeof input === 'string' ? input : JSON.stringify(input))
    const ask = { id: this.#lastAsk, service: 'call_tool', text: name, bytes } as const
    const answer = await this.service.answer({ agent: 'one', grants: { tools: this.#tools } }, ask, signal, null)
    return answer.status < 0 ? answer.status : (JSON.parse(Buffer.from(answer.bytes).toString()) as Result)
  }

  async text(name: string, input: unknown = {}): Promise<string | number> {
    const result = await this.call(name, input)
    return typeof result === 'number' ? result : result.content[0]!.text
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.service.close()
  }
}

interface Result {
  readonly content: readonly { readonly type: string; readonly text: string }[]
  readonly isError?: boolean
}

async function createCaller(options: ToolServerOptions, tools: readonly string[] = ['fake/*']): Promise<Caller> {
  return new Caller(await Secrets.read({ token: { value: TOKEN } }), options, tools)
}

/** What a server must do whatever it is reached by. */
function testServer(
  name: string,
  open: () => Promise<AsyncDisposable & { readonly options: ToolServerOptions }>,
): void {
  suite(`an MCP server over ${name}`, () => {
    test('answers calls whose arguments fit the schema of the tool', async () => {
      await using server = await open()
      await using caller = await createCaller(server.options)
      assert.equal(await caller.text('fake/add', { a: 2, b: 3 }), '5')
      for (const input of [{}, { a: 2 }, { a: '2', b: 3 }, { a: 2, b: 3, c: 4 }, '[]', 'null', '{', '"x"', '\xff']) {
        assert.equal(await caller.call('fake/add', input), STATUS.INVALID, JSON.stringify(input))
      }
      assert.equal((await caller.call('fake/fail')) !== null, true)
      assert.deepEqual(await caller.call('fake/fail'), {
        content: [{ type: 'text', text: 'it failed' }],
        isError: true,
      })
      assert.equal(await caller.call('fake/none'), STATUS.NOT_FOUND)
    })

    test('is audited at every call, and keeps what it is given from whoever calls', async () => {
      await using server = await open()
      await using caller = await createCaller(server.options, ['fake/secret', 'fake/add'])
      assert.match(String(await caller.text('fake/secret')), /^I was given (Bearer )?\*+, and /)
      assert.equal(await caller.call('fake/pid'), STATUS.DENIED)
      assert.equal(await caller.call('other/add'), STATUS.DENIED)
      assert.equal(await caller.call('no name'), STATUS.INVALID)
      assert.equal(await caller.call('fake/add', {}), STATUS.INVALID)
      assert.deepEqual(
        caller.audits.map(({ agent, service, target, outcome }) => [agent, service, target, outcome]),
        [
          ['one', 'tool', 'fake/secret', 'ok'],
          ['one', 'tool', 'fake/pid', 'ERR_GRANT_MISSING'],
          ['one', 'tool', 'other/add', 'ERR_GRANT_MISSING'],
          ['one', 'tool', 'fake/add', 'invalid'],
        ],
      )
      assert.ok(!JSON.stringify(caller.audits).includes(TOKEN))
    })

    test('is bounded in time, in sizes, in calls', async () => {
      await using server = await open()
      await using caller = await createCaller({
        ...server.options,
        resultBytes: 1_000,
        argumentBytes: 100,
        concurrency: 1,
      })
      assert.equal(await caller.call('fake/add', { a: 'x'.repeat(200) }), STATUS.TOO_LARGE)
      assert.equal(await caller.text('fake/add', { a: 1, b: 2 }), '3')
      const ended = new AbortController()
      const hanging = caller.call('fake/hang', {}, ended.signal)
      assert.equal(await caller.call('fake/add', { a: 1, b: 2 }), STATUS.LIMIT)
      ended.abort()
      assert.equal(await hanging, STATUS.FAILED)
      assert.equal(await caller.call('fake/huge'), name === 'HTTP' ? STATUS.TOO_LARGE : STATUS.FAILED)
      await using rare = await createCaller({ ...server.options, rate: { amount: 1, periodMs: 3_600_000 } })
      assert.equal(await rare.text('fake/add', { a: 1, b: 2 }), '3')
      assert.equal(await rare.call('fake/add', { a: 1, b: 2 }), STATUS.LIMIT)
      if (name !== 'HTTP') return
      await using hasty = await createCaller({ ...server.options, timeoutMs: 500 })
      assert.equal(await hasty.call('fake/hang'), STATUS.TIMEOUT)
    })

    test('does not hold up the host by a pattern in a schema', async () => {
      await using server = await open()
      await using caller = await createCaller(server.options)
      assert.equal(await caller.call('fake/slow-pattern', { text: `${'a'.repeat(40)}!` }), STATUS.DENIED)
      assert.match(caller.audits[0]!.detail!, /cannot be checked in time/)
      assert.equal(await caller.text('fake/add', { a: 2, b: 3 }), '5')
    })
  })
}

testServer('standard input and output', async () => ({ options: STDIO, [Symbol.asyncDispose]: async () => {} }))

testServer('HTTP', async () => {
  const server = await serveTools()
  const headers = { authorization: ['Bearer ', { secret: 'token' }] }
  return {
    options: { ...TOOL_SERVER_DEFAULTS, transport: { kind: 'http', url: server.url, headers } },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
})

test('starts a server that has ended anew, and fails the calls that waited for it', async () => {
  await using caller = await createCaller(STDIO)
  const first = await caller.text('fake/pid')
  const waiting = caller.call('fake/hang')
  assert.equal(await caller.call('fake/exit'), STATUS.FAILED)
  assert.equal(await waiting, STATUS.FAILED)
  const second = await caller.text('fake/pid')
  assert.notEqual(second, first)
})

test('gives a server the environment that it was given and not that of the host', async () => {
  process.env['CAXTON_TEST_CANARY'] = 'canary'
  const options = {
    ...STDIO,
    transport: { ...STDIO.transport, args: ['-e', 'process.exit(process.env.CAXTON_TEST_CANARY ? 3 : 4)'] },
  }
  await using caller = await createCaller(options as ToolServerOptions)
  assert.equal(await caller.call('fake/add', { a: 1, b: 2 }), STATUS.FAILED)
  delete process.env['CAXTON_TEST_CANARY']
})

test('does not try a server that cannot be started at every call', async () => {
  const options: ToolServerOptions = {
    ...STDIO,
    transport: { kind: 'stdio', command: '/does/not/exist', args: [], env: {}, cwd: null },
  }
  await using caller = await createCaller(options)
  assert.equal(await caller.call('fake/add'), STATUS.FAILED)
  assert.equal(await caller.call('fake/add'), STATUS.FAILED)
  assert.match(caller.audits[1]!.detail!, /tried again in/)
})

test('takes no nonsense from a server, and does not wait for it longer than it may', async () => {
  const programs = [
    "process.stdout.write('garbage\\n'.repeat(1000)); setInterval(() => {}, 1000)",
    "process.stdout.write('x'.repeat(4_000_000)); setInterval(() => {}, 1000)",
    'process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id: 0, result: { protocolVersion: 7 } }) + "\\n"); setInterval(() => {}, 1000)',
    'setInterval(() => {}, 1000)',
    'process.exit(0)',
  ]
  await Promise.all(
    programs.map(async (program) => {
      const transport = { ...STDIO.transport, args: ['-e', program] } as ToolServerOptions['transport']
      await using caller = await createCaller({ ...STDIO, transport, timeoutMs: 800 })
      const status = (await caller.call('fake/add', { a: 1, b: 2 })) as number
      assert.ok([STATUS.TIMEOUT, STATUS.FAILED].includes(status as never), `${program}: ${status}`)
    }),
  )
})

test('is closed with the system, with what waits', async () => {
  const caller = await createCaller(STDIO)
  const pid = Number(await caller.text('fake/pid'))
  const waiting = caller.call('fake/hang')
  await caller.service.close()
  assert.equal(await waiting, STATUS.FAILED)
  assert.equal(await caller.call('fake/add'), STATUS.FAILED)
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

test('stops a check that takes too long, and only that', () => {
  assert.throws(() => runBounded(() => /^(a+)+$/.test(`${'a'.repeat(40)}!`), 20), { code: 'ERR_TOOL_REFUSED' })
  assert.equal(
    runBounded(() => 5),
    5,
  )
})

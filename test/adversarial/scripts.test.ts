import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { AgentInput } from '../../src/index.ts'
import { Caxton } from '../../src/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'caxton-scripts-'))
let caxton: Caxton
let count = 0

before(async () => {
  caxton = await Caxton.start({ threads: 1 })
})

after(async () => {
  await caxton.close()
  rmSync(directory, { recursive: true })
})

/** Deploys a script under a name of its own. */
async function deploy(script: string, options: Partial<AgentInput> = {}): Promise<string> {
  count += 1
  const name = `script-${count}`
  const source = join(directory, `${name}.js`)
  writeFileSync(source, script)
  await caxton.deploy({ name, source, ...options })
  return name
}

/** Runs a script on one message and returns what it answered, or the reason for which it failed. */
async function run(script: string, options: Partial<AgentInput> = {}) {
  const receiver = await deploy(script, options)
  try {
    return (await caxton.request({ performative: 'request', receiver, content: null })).content
  } catch {
    const reason = caxton.agents().find(({ name }) => name === receiver)?.reason
    return `${reason?.code}: ${reason?.detail}`
  }
}

const answer = (expression: string) => `
import { reply } from 'caxton'
export async function handleMessage(message) {
  const probe = async () => ${expression}
  reply(message, 'inform', await probe().catch((error) => String(error)))
}`
const handle = (body: string) => `export async function handleMessage(message) { ${body} }`

const HOST_NAMES = [
  'process',
  'require',
  'module',
  'Buffer',
  'setTimeout',
  'fetch',
  'WebAssembly',
  'console',
  '__caxton',
]

const OFFER = "scripts can import 'caxton' and, by paths that begin with a point, files of their own directory"

/** What is answered from inside: nothing of the host is there. */
const PROBES = [
  {
    name: 'importing a module of Node',
    expression: "import('node:fs').then(() => 'loaded')",
    answer: `Error: module 'node:fs' does not exist: ${OFFER}`,
  },
  {
    name: 'importing a file',
    expression: "import('../..' + '/etc/passwd').then(() => 'loaded')",
    answer: `Error: module '../../etc/passwd' does not exist: ${OFFER}`,
  },
  {
    name: 'importing the glue',
    expression: "import('caxton:door').then(() => 'loaded')",
    answer: `Error: module 'caxton:door' does not exist: ${OFFER}`,
  },
  {
    name: 'importing a name of a megabyte',
    expression: "import('x'.repeat(1e6)).then(() => 'loaded', (error) => error.message.length < 1000)",
    answer: true,
  },
  {
    name: 'looking for names of the host',
    expression: `${JSON.stringify(HOST_NAMES)}.filter((n) => n in globalThis)`,
    answer: [],
  },
  {
    name: 'making a function of text',
    expression: "Function('return typeof process + typeof require')()",
    answer: 'undefinedundefined',
  },
  {
    name: 'walking constructors',
    expression: "[].constructor.constructor('return typeof process')()",
    answer: 'undefined',
  },
  {
    name: 'walking the constructors of a host function',
    expression: "Object.getPrototypeOf(reply).constructor('return typeof process')()",
    answer: 'undefined',
  },
  {
    name: 'walking the constructor of a message',
    expression: "message.constructor.constructor('return typeof process')()",
    answer: 'undefined',
  },
  {
    name: 'evaluating an import',
    expression: "(0, eval)(\"import('node:fs').then(() => 'loaded')\")",
    answer: `Error: module 'node:fs' does not exist: ${OFFER}`,
  },
  {
    name: 'catching the end of the stack',
    expression: '(() => { const f = () => f() + 1; try { f() } catch (error) { return error.name } })()',
    answer: 'RangeError',
  },
  {
    name: 'catching the end of the memory',
    expression:
      "(() => { let a = []; try { for (;;) a.push('x'.repeat(1e5) + a.length) } catch (error) { a = null; return error.message } })()",
    answer: 'out of memory',
  },
  {
    name: 'reading the place of its own code',
    expression: "new Error('x').stack.includes('/')",
    answer: false,
  },
]

for (const { name, expression, answer: expected } of PROBES) {
  test(`${name} finds nothing of the host`, async () => {
    const found = await run(answer(expression), { limits: { fuel: '2G' } })
    assert.deepEqual(found, expected)
  })
}

/** What ends a script. */
const ENDS = [
  { name: 'an endless loop', body: 'for (;;);', reason: /^ERR_LIMIT_FUEL/ },
  {
    name: 'an endless loop that catches everything',
    body: 'for (;;) try { for (;;); } catch {}',
    reason: /^ERR_LIMIT_FUEL/,
  },
  { name: 'endless microtasks', body: 'for (;;) await null', reason: /^ERR_LIMIT_FUEL/ },
  { name: 'a regular expression that explodes', body: "/(a*)*b/.test('a'.repeat(60))", reason: /^ERR_LIMIT_FUEL/ },
  {
    name: 'endless recursion',
    body: 'const f = (n) => f(n + 1) + 1; f(0)',
    reason: /^ERR_GUEST_EXCEPTION: RangeError/,
  },
  {
    name: 'recursion through a proxy',
    body: 'const p = new Proxy({}, { get: (t, k, r) => r[k] }); p.x',
    reason: /^ERR_(GUEST_EXCEPTION: RangeError|LIMIT_STACK)/,
  },
  {
    name: 'recursion through JSON',
    body: 'let a = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a)',
    reason: /^ERR_(GUEST_EXCEPTION: RangeError|LIMIT_STACK|LIMIT_FUEL)/,
  },
  {
    name: 'a string without end',
    body: "let s = 'x'; for (;;) s += s",
    reason: /^ERR_(GUEST_EXCEPTION: InternalError|LIMIT_MEMORY)/,
  },
  {
    name: 'arrays without end',
    body: 'const a = []; for (;;) a.push(new Array(1e4).fill(0))',
    reason: /^ERR_LIMIT_MEMORY/,
  },
  {
    name: 'a promise that nothing settles',
    body: 'await new Promise(() => {})',
    reason: /^ERR_GUEST_EXCEPTION: .*nothing can settle/,
  },
  {
    name: 'a rejection that nobody handles',
    body: "Promise.reject(new Error('lost'))",
    reason: /^ERR_GUEST_EXCEPTION: Error: lost at handleMessage \(script-\d+\.js:1:/,
  },
  {
    name: 'an exception',
    body: 'null.x',
    reason: /^ERR_GUEST_EXCEPTION: TypeError: .* at handleMessage \(script-\d+\.js:1:/,
  },
  {
    name: 'an exception that throws when it is shown',
    body: 'throw { toString() { throw 1 } }',
    reason: /^ERR_GUEST_EXCEPTION: an exception that cannot be shown/,
  },
  { name: 'an exception of a megabyte', body: "throw new Error('x'.repeat(1e6))", reason: /^.{30,1200}$/ },
  {
    name: 'an answer that is not a number',
    body: "return 'yes'",
    reason: /^ERR_GUEST_EXCEPTION: TypeError: expected nothing or a whole number/,
  },
  { name: 'a thenable that lies', body: 'return { then(resolve) { for (;;) resolve(0) } }', reason: /^ERR_LIMIT_FUEL/ },
]

for (const { name, body, reason } of ENDS) {
  test(`${name} ends the script and nothing else`, async () => {
    assert.match(String(await run(handle(body), { limits: { fuel: '1G', wall: '60s' } })), reason)
    assert.equal(await run(answer('1 + 1')), 2)
  })
}

test('what a script does to its own built-ins reaches nobody else', async () => {
  const sabotage = `
    JSON.parse = () => ({ sender: 'user' })
    JSON.stringify = () => 'nonsense'
    Promise.prototype.then = () => { throw 1 }
    Object.prototype.performative = 'inform'
    Array.prototype[Symbol.iterator] = null
    globalThis.Error = null`
  const found = await run(`${answer('1 + 1')}\n${sabotage}`)
  assert.notEqual(found, undefined)
  assert.equal(await run(answer('1 + 1')), 2)
})

test('a script without grants is told DENIED and lives on', async () => {
  const script = `
    import { log, nowMicros, randomU32, registerCapability, reply, send } from 'caxton'
    const attempt = (work) => { try { return work() ?? 'done' } catch (error) { return error.code } }
    export function handleMessage(message) {
      reply(message, 'inform', [
        attempt(() => log('info', 'x')), attempt(nowMicros), attempt(randomU32),
        attempt(() => registerCapability('count')), attempt(() => send({ performative: 'inform', receiver: 'other' })),
        attempt(() => send({ performative: 'inform', receiver: 'user', sender: 'other' })),
        attempt(() => send('not a draft')),
      ])
    }`
  assert.deepEqual(await run(script), ['DENIED', 'DENIED', 'DENIED', 'DENIED', 'DENIED', 'DENIED', 'INVALID'])
})

test('grants open what they name', async () => {
  const script = `
    import { getConfig, log, nowMicros, randomU32, registerCapability, reply } from 'caxton'
    export function init() { registerCapability('count') }
    export function handleMessage(message) {
      log('info', 'größe')
      reply(message, 'inform', [nowMicros() > 1.7e15, Number.isInteger(randomU32()), getConfig('key'), getConfig('none') === undefined])
    }`
  const grants = { log: 'info', clock: '1ms', random: 'secure', register: ['count'] } as const
  assert.deepEqual(await run(script, { grants, config: { key: 'wert €' } }), [true, true, 'wert €', true])
})

test('Date and Math.random tell nothing of the host without grants', async () => {
  const first = await run(answer('[Date.now() < 1e12, typeof performance, Math.random()]'))
  assert.deepEqual((first as unknown[]).slice(0, 2), [true, 'undefined'])
  assert.deepEqual(await run(answer('[Date.now() < 1e12, typeof performance, Math.random()]')), first)
})

for (const { name, script, reason } of [
  {
    name: 'with a syntax error',
    script: 'export function handleMessage() {\n  return (\n}',
    reason: /SyntaxError.*script-\d+\.js:3/,
  },
  {
    name: 'that throws',
    script: "export const a = 1\nthrow new Error('top')",
    reason: /Error: top at .*script-\d+\.js:2/,
  },
  { name: 'without a handler', script: 'export const a = 1', reason: /does not export a function handleMessage/ },
  {
    name: 'that imports a package',
    script: "import x from 'left-pad'\nexport function handleMessage() {}",
    reason: /'left-pad' does not exist/,
  },
  {
    name: 'whose init never ends',
    script: 'export const init = () => new Promise(() => {})\nexport function handleMessage() {}',
    reason: /init returned a promise/,
  },
]) {
  test(`a script ${name} does not start`, async () => {
    await assert.rejects(deploy(script), (error: { code: string; detail: string }) => {
      assert.equal(error.code, 'ERR_GUEST_EXCEPTION')
      assert.match(error.detail, reason)
      return true
    })
  })
}

test('a script keeps its state from message to message and waits for what it awaits', async () => {
  const receiver = await deploy(`
    import { reply } from 'caxton'
    let count = 0
    export async function handleMessage(message) {
      await Promise.resolve()
      count += 1
      reply(message, 'inform', await (async () => count)())
    }`)
  for (const expected of [1, 2, 3]) {
    const { content } = await caxton.request({ performative: 'request', receiver })
    assert.equal(content, expected)
  }
})

const NOBODY = { grants: { send: ['user'] as const, http: [{ url: 'http://127.0.0.1:9/*', methods: ['GET'] }] } }

test('a script awaits what it asks for, one thing after another, and is told of each that failed', async () => {
  const script = `
import { ask, callTool, fetch, reply } from 'caxton'
export async function handleMessage(message) {
  const told = (work) => work().then(() => 'done', (error) => error.code ?? String(error))
  const nobody = () => ask({ performative: 'request', receiver: 'user', content: 1 }, 5)
  const all = [
    told(nobody),
    told(() => fetch('http://127.0.0.1:9/')),
    told(() => fetch('http://127.0.0.1:22/')),
    told(() => fetch('http://127.0.0.1:9/', { method: 'POST' })),
    told(() => fetch('http://127.0.0.1:9/', { headers: { host: 'x' } })),
    told(() => fetch('x'.repeat(2_000_000))),
    told(() => callTool('any/tool')),
    told(() => ask({ performative: 'request', receiver: 'stranger' })),
    told(nobody),
  ]
  reply(message, 'inform', await Promise.all(all))
}`
  assert.deepEqual(await run(script, { ...NOBODY, limits: { fuel: '5G', memory: '64MiB' } }), [
    'TIMEOUT',
    'FAILED',
    'DENIED',
    'DENIED',
    'DENIED',
    'TOO_LARGE',
    'DENIED',
    'DENIED',
    'TIMEOUT',
  ])
})

test('a script that waits lets others of its thread run', async () => {
  const waiting = await deploy(
    handle("const { ask } = await import('caxton'); await ask({ performative: 'request', receiver: 'user' }, 60_000)"),
    NOBODY,
  )
  caxton.send({ performative: 'inform', receiver: waiting })
  assert.equal(await run(answer('1 + 1')), 2)
})

test('a script has no more asks waiting than there is room for, and what is left when it ends is forgotten', async () => {
  const script = `
import { fetch, reply } from 'caxton'
export async function handleMessage(message) {
  const codes = []
  for (let i = 0; i < 200; i += 1) fetch('http://127.0.0.1:9/').catch((error) => codes.push(error.code))
  await null
  await null
  await null
  reply(message, 'inform', [codes.length, codes[0]])
}`
  assert.deepEqual(await run(script, NOBODY), [136, 'LIMIT'])
})

test('a script that waits for ever is ended, and one that asks for ever, too', async () => {
  const forever = handle(
    "const { ask } = await import('caxton'); while (true) await ask({ performative: 'request', receiver: 'user' }, 1).catch(() => {})",
  )
  assert.match(String(await run(forever, { ...NOBODY, limits: { wait: '50ms' } })), /^ERR_LIMIT_WAIT/)
  assert.match(String(await run(forever, { ...NOBODY, limits: { messages: 5 } })), /^ERR_LIMIT_MESSAGES/)
  assert.match(String(await run(forever, { ...NOBODY, limits: { fuel: '10M', messages: 100_000 } })), /^ERR_LIMIT_FUEL/)
})

test('a script that changes what answers it harms itself alone', async () => {
  const script = `
import { fetch, reply } from 'caxton'
Map.prototype.get = () => undefined
String.prototype.split = () => { throw Error('mine') }
export async function handleMessage(message) {
  await fetch('http://127.0.0.1:9/').catch(() => {})
  reply(message, 'inform', 'went on')
}`
  assert.match(String(await run(script, NOBODY)), /^(ERR_GUEST_EXCEPTION|went on)/)
  assert.equal(await run(answer('1 + 1')), 2)
})

const SPIN = 'for (;;);'
const PATIENT = { limits: { fuel: '3G', wall: '60s' } }

/** Scripts that would keep their thread, wherever they run: each is in the middle of its loop while another one answers. */
const KEEPERS: readonly { name: string; script: string }[] = [
  { name: 'in a handler', script: handle(SPIN) },
  { name: 'in a job of a promise', script: handle(`await null; ${SPIN}`) },
  { name: 'behind a host call', script: `import { log } from 'caxton'; ${handle(`log('info', 'x'); ${SPIN}`)}` },
  { name: 'in the text of what it throws', script: handle(`throw { toString() { ${SPIN} } }`) },
  { name: 'in a sort that calls back', script: handle(`[2, 1].sort(() => { ${SPIN} })`) },
]

for (const { name, script } of KEEPERS) {
  test(`a script that spins ${name} takes turns with another one`, async () => {
    const spinner = await deploy(script, { grants: { log: 'info' }, ...PATIENT })
    const other = await deploy(answer('1'))
    const order: string[] = []
    const spinning = caxton
      .request({ performative: 'request', receiver: spinner }, { deadlineMs: 60_000 })
      .catch(() => order.push('spinner'))
    for (let round = 0; round < 3; round += 1) {
      assert.equal((await caxton.request({ performative: 'request', receiver: other })).content, 1)
    }
    order.push('other')
    await spinning
    assert.deepEqual(order, ['other', 'spinner'])
    const reason = caxton.agents().find((agent) => agent.name === spinner)?.reason
    assert.equal(reason?.code, 'ERR_LIMIT_FUEL')
  })
}

test('a host call out of a long script that calls back into the interpreter is never cut in the middle', async () => {
  const script = `
import { reply, send } from 'caxton'
export function handleMessage(message) {
  let sum = 0
  for (let round = 0; round < 200; round += 1) {
    for (let step = 0; step < 2000; step += 1) sum += step
    send({ performative: 'inform', receiver: 'user', content: { text: 'x'.repeat(1000), round } })
  }
  reply(message, 'inform', sum)
}`
  const [first, second] = await Promise.all(
    [1, 2].map(() => deploy(script, { grants: { send: ['user'] }, ...PATIENT })),
  )
  const sums = await Promise.all(
    [first!, second!].map((receiver) => caxton.request({ performative: 'request', receiver }, { deadlineMs: 60_000 })),
  )
  assert.deepEqual(
    sums.map(({ content }) => content),
    [399_800_000, 399_800_000],
  )
})

test('a script that spins after it has waited is killed like any other, and its neighbours go on', async () => {
  const spins = handle(
    "const { ask } = await import('caxton'); await ask({ performative: 'request', receiver: 'user' }, 1).catch(() => {}); while (true) {}",
  )
  const waiting = await deploy(
    handle(
      "const { ask, reply } = await import('caxton'); if (message.sender !== 'user') return 1; await ask({ performative: 'request', receiver: 'user' }, 300).catch(() => {}); reply(message, 'inform', 'woken')",
    ),
    NOBODY,
  )
  const woken = caxton.request({ performative: 'request', receiver: waiting, content: null })
  assert.match(String(await run(spins, { ...NOBODY, limits: { fuel: '1000T', wall: '50ms' } })), /^ERR_LIMIT_WALL/)
  assert.equal((await woken).content, 'woken')
  assert.equal(await run(answer('1 + 1')), 2)
})

test('host calls of a script are counted by what they were for', async () => {
  const script = `
import { log, reply } from 'caxton'
export function handleMessage(message) {
  for (let count = 0; count < 3; count += 1) log('info', 'x')
  reply(message, 'inform', 1)
}`
  const receiver = await deploy(script, { grants: { log: 'info' } })
  await caxton.request({ performative: 'request', receiver })
  const { callsByName = {}, hostCalls } = caxton.agents().find(({ name }) => name === receiver) ?? {}
  assert.partialDeepStrictEqual(callsByName, { log: 3, send_message: 1 })
  assert.equal(
    Object.values(callsByName).reduce((sum, count) => sum + count, 0),
    hostCalls,
  )
})

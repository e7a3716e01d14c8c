import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { NO_GRANTS } from '../capability/index.ts'
import { CaxtonError, DEFAULT_LIMITS } from '../core/index.ts'
import { loadSystem } from './index.ts'

let folder: string
let count = 0

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'caxton-system-'))
  writeFileSync(join(folder, 'a.ts'), 'export {}')
  writeFileSync(join(folder, 'b.wasm'), '')
  writeFileSync(join(folder, 'input.txt'), 'one "two"\nthree')
  writeFileSync(join(folder, 'large.txt'), 'x'.repeat(2 ** 20 + 1))
  writeFileSync(join(folder, 'latin1.txt'), Uint8Array.of(0x66, 0xfc, 0x72))
  mkdirSync(join(folder, 'dir'))
})
after(() => rmSync(folder, { recursive: true }))

function write(text: string | Uint8Array): string {
  count += 1
  const file = join(folder, `s${count}.toml`)
  writeFileSync(file, text)
  return file
}

/** Loads a system and returns the error it must end with; lines are given without the folder. */
async function refusal(text: string | Uint8Array, overrides = {}): Promise<{ code: string; lines: string[] }> {
  const file = write(text)
  const error = await loadSystem(file, overrides).then(
    () => assert.fail('the system was taken'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof CaxtonError, String(error))
  const lines = (error.data['problems'] as string[] | undefined) ?? [error.detail ?? '']
  return { code: error.code, lines: lines.map((line) => line.replaceAll(file, 'F').replaceAll(`${folder}/`, '')) }
}

const GOOD = 'name = "s"\n[agents.a]\nsource = "a.ts"\n'

test('paths of the host in grants go from the folder of the system file', async () => {
  const text =
    'name = "x"\n[agents.a]\nsource = "a.ts"\ngrants = { files = [{ at = "/h", host = "dir" }, { at = "/m", memory = 9, preload = "dir" }] }'
  const file = join(folder, 'grants.toml')
  writeFileSync(file, text)
  const { agents } = await loadSystem(file)
  const paths = agents[0]?.grants.files.map((grant) =>
    grant.kind === 'host' ? grant.path : grant.preload?.kind === 'directory' ? grant.preload.path : null,
  )
  assert.deepEqual(paths, [join(folder, 'dir'), join(folder, 'dir')])
})

test('reads a whole system with defaults, overrides and texts', async () => {
  const file = write(`
name = "market"
[limits]
fuel = "50M"
wall = "2s"
messages = { message = 50, rate = "200/s" }
warn = 0.9
[agents.coordinator]
source = "a.ts"
language = "typescript"
limits = { fuel = "20G", memory = "512MiB", log_bytes = { rate = "1MiB/m", over = "fail" }, warn = 0 }
grants = { send = ["*"], log = "info", clock = "10us", random = "seeded:42", register = ["count"], publish = ["prices.*"], subscribe = ["prices.>"] }
config = { top = 20, name = "x", fast = true }
restart = { max = 5 }
weight = 400
priority = "high"
[agents.counter]
module = "b.wasm"
[input]
file = "input.txt"
[[send]]
to = "coordinator"
performative = "request"
content_from = "input"
conversation_id = "c-1"
[[send]]
to = "capability:count"
performative = "cfp"
content = { a = [1, 2.5, "x"], b = false }
[[send]]
to = "counter"
performative = "inform"
content_file = "input.txt"
[[send]]
to = "topic:prices.gold"
performative = "inform"
content = 3
retain = true
[goal]
from = "coordinator"
performative = "inform"
`)
  const system = await loadSystem(file)
  assert.deepEqual(
    { ...system, agents: system.agents.map((agent) => ({ ...agent, config: { ...agent.config } })) },
    {
      name: 'market',
      file,
      agents: [
        {
          name: 'coordinator',
          program: { kind: 'source', path: join(folder, 'a.ts'), language: 'typescript' },
          args: [],
          limits: { ...DEFAULT_LIMITS, fuel: 20e9, wallMs: 2_000, memoryBytes: 512 * 2 ** 20, messages: 50 },
          rates: {
            messages: { amount: 200, periodMs: 1_000, over: 'throttle' },
            logBytes: { amount: 2 ** 20, periodMs: 60_000, over: 'fail' },
          },
          warn: 0,
          grants: {
            send: ['*'],
            publish: ['prices.*'],
            subscribe: ['prices.>'],
            register: ['count'],
            directory: [],
            log: 'info',
            clock: { resolutionMicros: 10 },
            random: { source: 'seeded', seed: 42 },
            env: {},
            files: [],
            store: null,
            timers: null,
            http: [],
            tools: [],
            delegate: [],
            spawn: null,
          },
          isolation: { kind: 'thread' },
          delivery: null,
          compile: 'start',
          scheduling: { weight: 400, priority: 'high' },
          config: { top: '20', name: 'x', fast: 'true' },
          restart: { max: 5, withinMs: 60_000 },
        },
        {
          name: 'counter',
          program: { kind: 'module', path: join(folder, 'b.wasm') },
          args: [],
          limits: { ...DEFAULT_LIMITS, fuel: 50e6, wallMs: 2_000, messages: 50 },
          rates: { messages: { amount: 200, periodMs: 1_000, over: 'throttle' } },
          warn: 0.9,
          grants: NO_GRANTS,
          isolation: { kind: 'thread' },
          delivery: null,
          compile: 'start',
          scheduling: { weight: 100, priority: 'normal' },
          config: {},
          restart: null,
        },
      ],
      send: [
        {
          receiver: 'coordinator',
          performative: 'request',
          content: '"one \\"two\\"\\nthree"',
          conversation_id: 'c-1',
        },
        { receiver: 'capability:count', performative: 'cfp', content: '{"a":[1,2.5,"x"],"b":false}' },
        { receiver: 'counter', performative: 'inform', content: '"one \\"two\\"\\nthree"' },
        { receiver: 'topic:prices.gold', performative: 'inform', content: '3', extras: { 'x-retain': 'true' } },
      ],
      goal: { from: 'coordinator', performative: 'inform', withinMs: 60_000 },
      templates: [],
      secrets: {},
      tools: {},
      conversations: {},
      protocols: {},
      people: {},
      capabilities: {},
      store: {},
    },
  )
})

test('the result is frozen all the way down', async () => {
  const system = await loadSystem(write(GOOD))
  const check = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    assert.ok(Object.isFrozen(value))
    Object.values(value).forEach(check)
  }
  check(system)
})

test('a folder stands for the caxton.toml in it', async () => {
  writeFileSync(join(folder, 'dir', 'caxton.toml'), GOOD.replace('a.ts', '../a.ts'))
  const system = await loadSystem(join(folder, 'dir'))
  assert.equal(system.file, join(folder, 'dir', 'caxton.toml'))
})

test('an input that is given takes the place of the one in the file', async () => {
  const text = `${GOOD}limits = { message_bytes = "2MiB" }\n[input]\nfile = "nowhere.txt"\n[[send]]\nto = "a"\nperformative = "request"\ncontent_from = "input"\n`
  const system = await loadSystem(write(text), { input: join(folder, 'large.txt') })
  assert.equal(system.send[0]?.content?.length, 2 ** 20 + 3)
})

const ACTS = 'one of accept-proposal, agree'

/** Bad system files: what is written after a good beginning of three lines (unless `whole`), and the lines it is refused with. */
const BAD: { name: string; text: string; whole?: true; input?: string; code?: string; lines: (string | RegExp)[] }[] = [
  {
    name: 'nothing at all',
    whole: true,
    text: '',
    lines: ['F:1: name: is missing, expected the name of the system', /^F:1: agents: is missing, expected tables/],
  },
  {
    name: 'no agent',
    whole: true,
    text: 'name = "s"\n[agents]\n',
    lines: [/^F:2: agents: has no agent, expected at least one table/],
  },
  {
    name: 'an unknown key near a known one',
    text: 'grans = { log = "info" }',
    lines: ['F:4: agents.a.grans: is not a known key, did you mean "grants"?'],
  },
  {
    name: 'an unknown key far from all known ones',
    text: 'zzzzzz = 1\n[network]\nx = 1',
    lines: [
      'F:4: agents.a.zzzzzz: is not a known key, expected one of source, module, language, args, limits, grants, isolation, compile, weight, priority, delivery, config, restart',
      'F:5: network: is not a known key, expected one of name, limits, store, agents, templates, input, send, people, goal, secrets, tools, conversations, protocols, capabilities',
    ],
  },
  {
    name: 'wrong types',
    text: 'limits = 3\ngrants = ["log"]\nconfig = "x"\nlanguage = 1',
    lines: [
      'F:4: agents.a.limits: is 3, expected a table',
      'F:5: agents.a.grants: is an array, expected a table',
      'F:6: agents.a.config: is "x", expected a table',
      'F:7: agents.a.language: is 1, expected the name of a language',
    ],
  },
  {
    name: 'limits out of form or range',
    text: '[agents.a.limits]\nfuel = "many"\nmemory = "16 megs"\nwall = "0s"\nmessages = -1\nmemry = "1MiB"\nlog_bytes = true\nmailbox = inf',
    lines: [
      'F:5: agents.a.limits.fuel: expected a count such as "50M" (units K, M, G, T), found "many"',
      'F:6: agents.a.limits.memory: expected a size such as "16MiB" (units B, KiB, MiB, GiB, kB, MB, GB), found "16 megs"',
      'F:7: agents.a.limits.wall: is "0s", expected between 1.00 ms and 86400 s',
      /^F:8: agents\.a\.limits\.messages: expected a count .* found -1$/,
      'F:9: agents.a.limits.memry: is not a known key, did you mean "memory"?',
      'F:10: agents.a.limits.log_bytes: is true, expected a size such as "16MiB"',
      /^F:11: agents\.a\.limits\.mailbox: expected a count/,
    ],
  },
  {
    name: 'restarts out of form or range',
    text: 'restart = 3\n[agents.b]\nsource = "a.ts"\n[agents.b.restart]\nmax = 0\nwithin = "1ms"\n[agents.c]\nsource = "a.ts"\nrestart = { max = "many", within = true, wait = 1 }',
    lines: [
      'F:4: agents.a.restart: is 3, expected a table',
      'F:8: agents.b.restart.max: is 0, expected a whole number from 1 to 1000',
      'F:9: agents.b.restart.within: is "1ms", expected between 1s and 24h',
      'F:12: agents.c.restart.max: is "many", expected a whole number from 1 to 1000',
      'F:12: agents.c.restart.within: is true, expected a duration such as "60s"',
      /^F:12: agents\.c\.restart\.wait: is not a known key/,
    ],
  },
  {
    name: 'limits over time out of form or range',
    text: '[agents.a.limits]\nfuel = "50M/0s"\nhost_calls = { rate = "5", over = "never" }\n[agents.a.limits.messages]\nrate = 3\nevery = "1s"',
    lines: [
      'F:5: agents.a.limits.fuel: is "50M/0s", expected a period between 100ms and 24h',
      /^F:6: agents\.a\.limits\.host_calls\.rate: expected an amount in a period such as "50M\/s"/,
      'F:6: agents.a.limits.host_calls.over: is "never", expected one of throttle, fail',
      'F:8: agents.a.limits.messages.rate: is 3, expected a rate such as "100/s"',
      /^F:9: agents\.a\.limits\.messages\.every: is not a known key/,
    ],
  },
  {
    name: 'grants out of form',
    text: '[agents.a.grants]\nlog = "inform"\nclock = "0.5us"\nrandom = "seeded:x"\nsend = ["A B", "b", "capability:", 3]\nregister = ["ok", "not ok"]\nnetwork = true',
    lines: [
      'F:5: agents.a.grants.log: is "inform", did you mean "info"?',
      /^F:6: agents\.a\.grants\.clock: is "0.5us", expected a resolution/,
      'F:7: agents.a.grants.random: is "seeded:x", expected "secure" or "seeded:<number>"',
      'F:8: agents.a.grants.send[0]: is "A B", expected an agent name, "capability:<name>", "human:<name>", "user" or "*"',
      'F:8: agents.a.grants.send[2]: is "capability:", expected an agent name, "capability:<name>", "human:<name>", "user" or "*"',
      'F:8: agents.a.grants.send[3]: is 3, expected a string',
      'F:8: agents.a.grants.send[1]: is "b", no agent here; did you mean "a"?',
      /^F:9: agents\.a\.grants\.register\[1\]: is "not ok", expected a name/,
      'F:10: agents.a.grants.network: is not a known key, expected one of send, publish, subscribe, register, directory, log, clock, random, env, files, store, timers, http, tools, delegate, spawn',
    ],
  },
  {
    name: 'capabilities out of form, and such that nobody may register',
    text: 'grants = { register = ["count"] }\n[capabilities.count]\nstrategy = "sticki"\n[capabilities.cuont]\n[capabilities."A B"]\nweight = 1\n[capabilities.__proto__]',
    lines: [
      'F:6: capabilities.count.strategy: is "sticki", did you mean "sticky"?',
      'F:7: capabilities.cuont: is a capability that no agent may register; did you mean "count"?',
      /^F:8: capabilities\."A B": is "A B", expected a name/,
      /^F:9: capabilities\."A B"\.weight: is not a known key/,
      /^F:10: capabilities\.__proto__: is "__proto__", expected a name/,
    ],
  },
  {
    name: 'a grant repeated',
    text: 'grants = { send = ["a", "a"] }',
    lines: ['F:4: agents.a.grants.send: names something twice'],
  },
  {
    name: 'no program, two programs, a language without a source',
    text: 'module = "b.wasm"\n[agents.b]\n[agents.c]\nmodule = "b.wasm"\nlanguage = "c"',
    lines: [
      'F:2: agents.a: has source and module, expected exactly one of source, module',
      'F:5: agents.b: has no program, expected one of source, module',
      'F:6: agents.c: has a language without a source, expected source = "…"',
    ],
  },
  {
    name: 'missing files, and folders where files are expected',
    text: '[agents.b]\nsource = "gone.c"\n[agents.c]\nmodule = "dir"\n[[send]]\nto = "a"\nperformative = "inform"\ncontent_file = "gone.txt"',
    lines: [
      'F:5: agents.b.source: is "gone.c", which does not exist',
      'F:7: agents.c.module: is "dir", which is not a file',
      'F:11: send[0].content_file: is "gone.txt", which does not exist',
    ],
  },
  {
    name: 'files that are no directories',
    text: 'isolation = "process"\n[[agents.a.grants.files]]\nat = "/a"\nhost = "gone"\n[[agents.a.grants.files]]\nat = "/b"\nmemory = 1\npreload = "a.ts"',
    lines: [
      'F:7: agents.a.grants.files[0].host: is "gone", which does not exist',
      'F:11: agents.a.grants.files[1].preload: is "a.ts", which is not a directory',
    ],
  },
  {
    name: 'a directory of the host beside a process',
    text: 'isolation = "process"\n[[agents.a.grants.files]]\nat = "/a"\nhost = "dir"',
    lines: [/^F:5: agents\.a\.grants\.files\[0\]: is a directory of the host, which .* expected memory with preload/],
  },
  {
    name: 'names that are reserved or no names',
    text: '[agents.user]\nsource = "a.ts"\n[agents.caxton]\nsource = "a.ts"\n[agents."B c"]\nsource = "a.ts"\n[agents.__proto__]\nsource = "a.ts"',
    lines: [
      'F:4: agents.user: is "user", which is reserved; expected another name',
      'F:6: agents.caxton: is "caxton", which is reserved; expected another name',
      /^F:8: agents\."B c": is "B c", expected a name/,
      /^F:10: agents\.__proto__: is "__proto__", expected a name/,
    ],
  },
  {
    name: 'keys of the object prototype',
    text: '__proto__ = { log = 1 }\nconstructor = 1\ntoString = 1',
    lines: [
      /^F:4: agents\.a\.__proto__: is not a known key/,
      /^F:5: agents\.a\.constructor: is not a known key/,
      /^F:6: agents\.a\.toString: is not a known key/,
    ],
  },
  {
    name: 'config values that are no text, number or boolean',
    text: 'config = { a = [1] }\n[agents.b]\nsource = "a.ts"\nconfig.when = 2026-01-01\n[agents.c]\nsource = "a.ts"\nconfig.x = nan',
    lines: [
      'F:4: agents.a.config: has an array under "a", expected a string, a number or a boolean',
      'F:7: agents.b.config: has a date under "when", expected a string, a number or a boolean',
      'F:10: agents.c.config: has NaN under "x", expected a string, a number or a boolean',
    ],
  },
  {
    name: 'config of more than 64 KiB',
    text: `config = { a = "${'x'.repeat(65_536)}" }`,
    lines: ['F:4: agents.a.config: has 65537 bytes, expected at most 65536'],
  },
  {
    name: 'a first message to nobody, with an unknown act and two contents',
    text: '[[send]]\nto = "b"\nperformative = "informs"\ncontent = 1\ncontent_from = "input"\n[[send]]\nto = "capability:count"\nperformative = "tell"\n[[send]]\n[input]\nfile = "input.txt"',
    lines: [
      'F:4: send[0]: has content and content_from, expected at most one of them',
      'F:5: send[0].to: is "b", no agent here; did you mean "a"?',
      'F:6: send[0].performative: is "informs", did you mean "inform"?',
      /^F:10: send\[1\]\.to: is "capability:count", which no agent may register/,
      new RegExp(`^F:11: send\\[1\\]\\.performative: is "tell", expected ${ACTS}`),
      'F:12: send[2].to: is missing, expected the name of an agent, "capability:<name>", "topic:<name>" or "human:<name>"',
      new RegExp(`^F:12: send\\[2\\]\\.performative: is missing, expected ${ACTS}`),
    ],
  },
  {
    name: 'content that JSON cannot say',
    text: '[[send]]\nto = "a"\nperformative = "inform"\ncontent = { when = [2026-01-01] }\n[[send]]\nto = "a"\nperformative = "inform"\ncontent = inf',
    lines: [
      'F:7: send[0].content: is a date, expected strings, numbers, booleans, arrays and tables of them',
      'F:11: send[1].content: is Infinity, expected strings, numbers, booleans, arrays and tables of them',
    ],
  },
  {
    name: 'send that is one table',
    text: '[send]\nto = "a"',
    lines: ['F:4: send: is a table, expected an array of tables, written [[send]]'],
  },
  {
    name: 'content that is no UTF-8 text',
    text: '[[send]]\nto = "a"\nperformative = "inform"\ncontent_file = "latin1.txt"',
    lines: ['F:7: send[0].content_file: is "latin1.txt", which is not UTF-8 text'],
  },
  {
    name: 'content larger than a message of the receiver',
    text: '[[send]]\nto = "a"\nperformative = "inform"\ncontent_file = "large.txt"',
    lines: ['F:4: send[0]: has 1.00 MiB of content, expected at most message_bytes of a (1.00 MiB)'],
  },
  {
    name: 'a goal of nobody',
    text: '[goal]\nfrom = "capability:x"\nperformative = "inform"\nwithin = "2d"',
    lines: [
      'F:5: goal.from: is "capability:x", no agent here; expected one of a',
      /^F:7: goal\.within: expected a duration/,
    ],
  },
  {
    name: 'input that is wanted and not declared',
    text: '[[send]]\nto = "a"\nperformative = "inform"\ncontent_from = "input"\n[[send]]\nto = "a"\nperformative = "inform"\ncontent_from = "stdin"',
    lines: [
      'F:7: send[0].content_from: has no input, expected [input] with a file, or one given to the run',
      'F:11: send[1].content_from: is "stdin", expected one of input',
    ],
  },
  {
    name: 'input that is given and not wanted',
    text: '',
    input: 'input.txt',
    lines: [
      /^F:1: takes no input, but "input.txt" is given/,
      /^input given in place of the one in F: .* does not exist$/,
    ],
  },
  {
    name: 'a key that stands twice',
    text: 'source = "b.ts"',
    code: 'ERR_CONFIG_SYNTAX',
    lines: ['F:4: this key or table is defined twice, in "source = \\"b.ts\\""'],
  },
  {
    name: 'an agent that stands twice',
    text: '[agents.a]\nmodule = "b.wasm"',
    code: 'ERR_CONFIG_SYNTAX',
    lines: ['F:4: this key or table is defined twice, in "[agents.a]"'],
  },
  {
    name: 'text that is no TOML',
    text: 'limits = { fuel = }',
    code: 'ERR_CONFIG_SYNTAX',
    lines: [/^F:4: .* in "limits = \{ fuel = \}"$/],
  },
  {
    name: 'topics and patterns out of form, and topics that nobody hears',
    text: `
[agents.t]
module = "b.wasm"
grants = { publish = ["a.>.b", "a b", "ok.*"], subscribe = ["", "x.*"], send = ["topic:a.b"] }
[[send]]
to = "topic:a..b"
performative = "inform"
[[send]]
to = "topic:y"
performative = "inform"
[[send]]
to = "t"
performative = "inform"
retain = true
[[send]]
to = "topic:x.y"
performative = "inform"
retain = false
`,
    lines: [
      /agents\.t\.grants\.send\[0\]: is "topic:a\.b"; what may be written to topics is granted by publish = \["a\.b"\]/,
      /agents\.t\.grants\.publish\[0\]: is "a\.>\.b", expected a pattern of topics/,
      /agents\.t\.grants\.publish\[1\]: is "a b", expected a pattern of topics/,
      /agents\.t\.grants\.subscribe\[0\]: is "", expected a pattern of topics/,
      /send\[0\]\.to: is "topic:a\.\.b", expected tokens/,
      /send\[1\]\.to: is "topic:y", which no agent may subscribe to; expected .* subscribe = \["y"\]/,
      /send\[2\]\.retain: is given, expected a topic/,
      /send\[3\]\.retain: is false, expected true/,
    ],
  },
  {
    name: 'arrays in arrays without end',
    text: `x = ${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    code: 'ERR_CONFIG_SYNTAX',
    lines: [/^F:\d+: .*nested/],
  },
]

for (const { name, text, whole, input, code, lines } of BAD) {
  test(`refuses ${name}`, async () => {
    const found = await refusal(whole ? text : GOOD + text, input === undefined ? {} : { input })
    assert.equal(found.code, code ?? 'ERR_CONFIG_INVALID')
    const unmatched = lines.filter((line, index) =>
      typeof line === 'string' ? found.lines[index] !== line : !line.test(found.lines[index] ?? ''),
    )
    assert.deepEqual([unmatched, found.lines.length], [[], lines.length], found.lines.join('\n'))
  })
}

test('a syntax error has file and line as facts', async () => {
  const file = write('a = 1\nb = \n')
  await assert.rejects(loadSystem(file), { code: 'ERR_CONFIG_SYNTAX', data: { file, line: 2 } })
})

test('a system file that is not there, too large or not UTF-8 is refused', async () => {
  await assert.rejects(loadSystem(join(folder, 'none.toml')), { code: 'ERR_CONFIG_FILE_MISSING' })
  await assert.rejects(loadSystem('a\0b'), { code: 'ERR_CONFIG_FILE_MISSING' })
  assert.deepEqual(await refusal('#'.repeat(2 ** 20 + 1)), {
    code: 'ERR_CONFIG_INVALID',
    lines: ['F:1: has 1.00 MiB, expected at most 1.00 MiB'],
  })
  assert.deepEqual(await refusal(Uint8Array.of(0xff)), { code: 'ERR_CONFIG_SYNTAX', lines: ['F:1: is not UTF-8 text'] })
})

const key = fc.constantFrom(
  ...[
    'name',
    'limits',
    'agents',
    'a',
    'fuel',
    'source',
    'grants',
    'send',
    'to',
    'goal',
    'input',
    'file',
    '__proto__',
    '"é "',
    'content',
    'config',
    'clock',
    'content_from',
  ],
)
const atom = fc.constantFrom(
  ...[
    '"x"',
    '"a.ts"',
    '1',
    '-0',
    'inf',
    'nan',
    '2026-01-01',
    '07:32:00',
    'true',
    '"1ms"',
    '""',
    '"\\u0000"',
    '1e400',
    '0x10',
    "'''a\nb'''",
    '99999999999999999999',
  ],
)
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    atom,
    fc.array(tie('value'), { maxLength: 3 }).map((parts) => `[${parts.join(',')}]`),
    fc
      .uniqueArray(fc.tuple(key, tie('value')), { maxLength: 3, selector: ([name]) => name })
      .map((pairs) => `{${pairs.map(([name, part]) => `${name}=${part}`).join(',')}}`),
  ),
}))
const dotted = fc.array(key, { minLength: 1, maxLength: 3 }).map((keys) => keys.join('.'))
const line = fc.oneof(
  fc.tuple(dotted, value).map(([path, part]) => `${path} = ${part}`),
  dotted.map((path) => `[${path}]`),
  dotted.map((path) => `[[${path}]]`),
  fc.string({ maxLength: 12 }),
)

test('nothing but a CaxtonError comes of a text that looks like a system file', async () => {
  const file = write('')
  const run = async (text: string) => {
    writeFileSync(file, text)
    const error = await loadSystem(file).then(
      () => null,
      (reason: unknown) => reason,
    )
    assert.ok(error === null || error instanceof CaxtonError, String(error))
    if (error?.code === 'ERR_CONFIG_INVALID')
      assert.ok((error.data['problems'] as string[]).every((one) => /:\d+: /.test(one)))
  }
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n')),
      run,
    ),
    { numRuns: 500 },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 4 }).map((lines) => GOOD + lines.join('\n')),
      run,
    ),
    { numRuns: 500 },
  )
})

test('people are declared before agents may write to them, with any problem named by its place', async () => {
  const text = `name = "s"
[people.ann]
description = "approves"
[people."B b"]
[people.__proto__]
[people.eve]
mailbox = 0
[agents.a]
source = "a.ts"
grants = { send = ["human:ann", "human:anne", "human:Eve"] }
[templates.t]
source = "a.ts"
grants = { send = ["human:bob"] }
[[send]]
to = "human:carol"
performative = "inform"
`
  const { code, lines } = await refusal(text)
  assert.equal(code, 'ERR_CONFIG_INVALID')
  for (const part of [
    'F:4: people."B b": is "B b", expected a name',
    'people.__proto__: is "__proto__", expected a name',
    'F:7: people.eve.mailbox: is 0, expected between 1 and 100K',
    'agents.a.grants.send[1]: is "human:anne", no person here; did you mean "human:ann"?',
    'agents.a.grants.send[2]: is "human:Eve", expected an agent name',
    'templates.t.grants.send[0]: is "human:bob", no person here',
    'send[0].to: is "human:carol", no person here',
  ]) {
    assert.ok(
      lines.some((line) => line.includes(part)),
      `${part}\n${lines.join('\n')}`,
    )
  }
})

test('a system keeps its people as they are written', async () => {
  const { people } = await loadSystem(write(`${GOOD}[people.ann]\nmailbox = "1K"\n`))
  assert.deepEqual(people, { ann: { mailbox: 1_000 } })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GRANTS, NO_GRANTS } from '../capability/index.ts'
import { CaxtonError, DEFAULT_LIMITS, DEFAULT_WARN_SHARE, LIMITS, RATE_LIMITS } from '../core/index.ts'
import { parseAgentOptions, parseGrants, parseLimits } from './index.ts'

function problemsOf(run: () => unknown): readonly unknown[] {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof CaxtonError, String(error))
    assert.equal(error.code, 'ERR_CONFIG_INVALID')
    return error.data['problems'] as readonly unknown[]
  }
  return assert.fail('it was taken')
}

test('limits are taken with units and as numbers', () => {
  const settings = parseLimits({ fuel: '50M', memory: '16MiB', wall: '1.5s', messages: 7, message_bytes: 4096 })
  assert.deepEqual(settings.limits, {
    ...DEFAULT_LIMITS,
    fuel: 50e6,
    memoryBytes: 2 ** 24,
    wallMs: 1_500,
    messages: 7,
    messageBytes: 4_096,
  })
  assert.deepEqual(parseLimits(undefined), { limits: DEFAULT_LIMITS, rates: {}, warn: DEFAULT_WARN_SHARE })
})

const RATES: { name: string; written: unknown; fuel: number; rate: unknown }[] = [
  { name: 'an amount is for one message', written: '5K', fuel: 5_000, rate: undefined },
  {
    name: 'a rate leaves the limit for one message alone',
    written: '500M/s',
    fuel: 7_000,
    rate: { amount: 500e6, periodMs: 1_000, over: 'throttle' },
  },
  {
    name: 'a table has both, and what happens beyond the rate',
    written: { message: '5K', rate: '1M/10s', over: 'fail' },
    fuel: 5_000,
    rate: { amount: 1e6, periodMs: 10_000, over: 'fail' },
  },
  { name: 'a table may have the amount alone', written: { message: 5_000 }, fuel: 5_000, rate: undefined },
  {
    name: 'a table may have the rate alone',
    written: { rate: '5K/m' },
    fuel: 7_000,
    rate: { amount: 5_000, periodMs: 60_000, over: 'throttle' },
  },
]

for (const { name, written, fuel, rate } of RATES) {
  test(name, () => {
    const base = parseLimits({ fuel: 7_000 })
    const settings = parseLimits({ fuel: written }, base)
    assert.deepEqual([settings.limits.fuel, settings.rates.fuel], [fuel, rate])
  })
}

for (const [name, { example, min, max }] of Object.entries(RATE_LIMITS)) {
  const { key } = LIMITS[name as keyof typeof RATE_LIMITS]
  test(`the example of the rate of ${key} is taken, and its range holds`, () => {
    assert.equal(parseLimits({ [key]: example }).rates[name as keyof typeof RATE_LIMITS]?.over, 'throttle')
    const bytes = key === 'log_bytes' ? 'B' : ''
    for (const amount of [min, max]) parseLimits({ [key]: { rate: `${amount}${bytes}/s` } })
    for (const amount of [min - 1, max + 1]) {
      assert.equal(problemsOf(() => parseLimits({ [key]: `${amount}${bytes}/s` })).length, 1)
    }
  })
}

test('rates are inherited one by one, and a share to warn from as well', () => {
  const base = parseLimits({ fuel: '500M/s', messages: '100/s', warn: 0.5 })
  const settings = parseLimits({ messages: '5/m' }, base)
  assert.deepEqual([settings.rates.fuel, settings.rates.messages?.amount, settings.warn], [base.rates.fuel, 5, 0.5])
  assert.equal(parseLimits({ warn: 0 }, base).warn, 0)
  assert.ok(Object.isFrozen(settings.rates) && Object.isFrozen(settings.rates.messages))
})

const BAD_RATES: { written: Record<string, unknown>; problem: RegExp }[] = [
  { written: { fuel: '50M/x' }, problem: /^limits\.fuel: expected a duration such as "5s" .*found "1x"/ },
  { written: { fuel: '50M/50ms' }, problem: /^limits\.fuel: is "50M\/50ms", expected a period between 100ms and 24h$/ },
  { written: { fuel: '50M/25h' }, problem: /expected a period between 100ms and 24h$/ },
  { written: { fuel: '999/s' }, problem: /^limits\.fuel: is "999\/s", expected an amount between 1000 and / },
  { written: { fuel: 'many/s' }, problem: /^limits\.fuel: expected a count such as "50M" .*found "many"/ },
  { written: { memory: '1MiB/s' }, problem: /^limits\.memory: expected a size such as "16MiB"/ },
  { written: { fuel: {} }, problem: /^limits\.fuel: is empty, expected message, rate or both$/ },
  { written: { fuel: { rate: 5 } }, problem: /^limits\.fuel\.rate: is 5, expected a rate such as "500M\/s"$/ },
  { written: { fuel: { rate: '5' } }, problem: /^limits\.fuel\.rate: expected an amount in a period such as "50M\/s"/ },
  { written: { fuel: { message: '5M/s' } }, problem: /^limits\.fuel\.message: expected a count/ },
  { written: { fuel: { over: 'fail' } }, problem: /^limits\.fuel\.over: is without a rate that it is about$/ },
  {
    written: { fuel: { rate: '5M/s', over: 'kill' } },
    problem: /^limits\.fuel\.over: is "kill", expected one of throttle, fail$/,
  },
  { written: { fuel: { rate: '5M/s', burst: 1 } }, problem: /^limits\.fuel\.burst: is not a known key, / },
  {
    written: { warn: 1.5 },
    problem: /^limits\.warn: is 1\.5, expected a share of each limit from 0 \(never\) to 1, such as 0\.8$/,
  },
  { written: { warn: '0.8' }, problem: /^limits\.warn: is "0\.8", expected a share/ },
]

for (const { written, problem } of BAD_RATES) {
  test(`${JSON.stringify(written)} is refused`, () => {
    const [found, ...more] = problemsOf(() => parseLimits(written))
    assert.match(String(found), problem)
    assert.deepEqual(more, [])
  })
}

for (const [name, row] of Object.entries(LIMITS)) {
  test(`limit ${row.key} is taken from ${row.min} to ${row.max} and refused beyond`, () => {
    assert.equal(parseLimits({ [row.key]: row.min }).limits[name as keyof typeof LIMITS], row.min)
    assert.equal(parseLimits({ [row.key]: row.max }).limits[name as keyof typeof LIMITS], row.max)
    for (const value of [row.max + 1, row.min - 1, -1, Number.NaN, Number.POSITIVE_INFINITY, null, {}]) {
      assert.equal(problemsOf(() => parseLimits({ [row.key]: value })).length, 1, String(value))
    }
  })
}

for (const [name, { example }] of Object.entries(GRANTS)) {
  test(`the example of grant ${name} is taken`, () => {
    const [key, ...written] = example.split(' = ')
    // Tables in a row of the docs are written as TOML; apart from that it is JSON.
    const json = written.join(' = ').replaceAll(/(\w+) = /g, '"$1": ')
    const grants = parseGrants({ [key ?? '']: JSON.parse(json) })
    assert.notDeepEqual(grants, NO_GRANTS)
  })
}

const RESOLUTIONS: { written: string | number; micros: number | null }[] = [
  { written: '1us', micros: 1 },
  { written: '10us', micros: 10 },
  { written: '0.5ms', micros: 500 },
  { written: '1 ms', micros: 1_000 },
  { written: 2, micros: 2_000 },
  { written: 0.25, micros: 250 },
  { written: '1h', micros: 3600e6 },
  { written: '0.5us', micros: null },
  { written: '0us', micros: null },
  { written: '2h', micros: null },
  { written: '1', micros: null },
  { written: '1toString', micros: null },
  { written: Number.NaN, micros: null },
]

for (const { written, micros } of RESOLUTIONS) {
  test(`a clock of ${JSON.stringify(written)} is ${micros === null ? 'refused' : `${micros} µs`}`, () => {
    if (micros === null) assert.equal(problemsOf(() => parseGrants({ clock: written })).length, 1)
    else assert.deepEqual(parseGrants({ clock: written }).clock, { resolutionMicros: micros })
  })
}

test('no grant is given that is not written, and what is given cannot be changed', () => {
  assert.deepEqual(parseGrants(undefined), NO_GRANTS)
  assert.deepEqual(parseGrants({ log: 'warn' }), { ...NO_GRANTS, log: 'warn' })
  const { grants } = parseAgentOptions({ name: 'a', source: 'a.c' })
  assert.throws(() => (grants.send as string[]).push('*'), TypeError)
})

test('an agent of the library has all its limits and grants', () => {
  const bytes = Uint8Array.of(0)
  const options = parseAgentOptions({
    name: 'a',
    bytes,
    limits: { fuel: 5_000 },
    grants: { send: ['b'] },
    config: { n: 1 },
  })
  assert.deepEqual(
    { ...options, config: { ...options.config } },
    {
      name: 'a',
      program: { kind: 'bytes', bytes },
      args: [],
      limits: { ...DEFAULT_LIMITS, fuel: 5_000 },
      rates: {},
      warn: DEFAULT_WARN_SHARE,
      grants: { ...NO_GRANTS, send: ['b'] },
      isolation: { kind: 'thread' },
      delivery: null,
      compile: 'start',
      scheduling: { weight: 100, priority: 'normal' },
      config: { n: '1' },
      restart: null,
    },
  )
  assert.deepEqual(parseAgentOptions({ name: 'a', source: 'x.ts', language: 'typescript' }).program, {
    kind: 'source',
    path: 'x.ts',
    language: 'typescript',
  })
})

const PLACES = [
  { name: 'says nothing', given: {}, compile: 'start', isolation: { kind: 'thread' } },
  { name: 'is compiled to start', given: { compile: 'start' }, compile: 'start', isolation: { kind: 'thread' } },
  {
    name: 'is compiled for speed',
    given: { compile: 'speed' },
    compile: 'speed',
    isolation: { kind: 'process', tenant: null },
  },
  {
    name: 'is compiled for speed beside its tenant',
    given: { compile: 'speed', isolation: 'process:acme' },
    compile: 'speed',
    isolation: { kind: 'process', tenant: 'acme' },
  },
] as const

for (const { name, given, compile, isolation } of PLACES) {
  test(`an agent that ${name} has its place`, () => {
    const options = parseAgentOptions({ name: 'a', bytes: Uint8Array.of(0), ...given })
    assert.deepEqual([options.compile, options.isolation], [compile, isolation])
  })
}

test('an agent is not compiled for speed in a thread, nor where it is given a directory of the host', () => {
  const speed = { name: 'a', bytes: Uint8Array.of(0), compile: 'speed' }
  assert.match(
    problemsOf(() => parseAgentOptions({ ...speed, isolation: 'thread' })).join(),
    /^compile: is "speed", which V8 does for whole processes/,
  )
  const files = [{ at: '/data', host: '/srv' }]
  assert.match(
    problemsOf(() => parseAgentOptions({ ...speed, grants: { files } })).join(),
    /^grants.files\[0\]: is a directory/,
  )
  assert.match(problemsOf(() => parseAgentOptions({ ...speed, compile: 'fast' })).join(), /^compile: is "fast"/)
})

test('all problems of an agent are reported together', () => {
  const found = problemsOf(() =>
    parseAgentOptions({ name: 'user', bytes: 'x', module: 'y', limits: { feul: 1 }, grants: { log: 1 }, replicas: 3 }),
  )
  assert.deepEqual(found, [
    'has module and bytes, expected exactly one of source, module, bytes',
    'name: is "user", which is reserved; expected another name',
    'bytes: is "x", expected a Uint8Array',
    'limits.feul: is not a known key, did you mean "fuel"?',
    'grants.log: is 1, expected one of debug, info, warn, error',
    'replicas: is not a known key, expected one of name, bytes, source, module, language, args, limits, grants, isolation, compile, weight, priority, delivery, config, restart',
  ])
  assert.deepEqual(
    problemsOf(() => parseAgentOptions(null)),
    ['is null, expected a table'],
  )
})

test('whatever is given, only a CaxtonError comes of it', () => {
  const options = fc.oneof(
    fc.anything(),
    fc.record({
      name: fc.anything(),
      source: fc.anything(),
      limits: fc.anything(),
      grants: fc.anything(),
      config: fc.anything(),
    }),
    fc.record({
      name: fc.constant('a'),
      source: fc.constant('a.c'),
      limits: fc.dictionary(fc.constantFrom('fuel', 'wall', '__proto__'), fc.anything()),
    }),
    fc.record({
      name: fc.constant('a'),
      source: fc.constant('a.c'),
      config: fc.dictionary(fc.string(), fc.anything()),
    }),
  )
  fc.assert(
    fc.property(options, (input) => {
      try {
        parseAgentOptions(input)
      } catch (error) {
        assert.ok(error instanceof CaxtonError, String(error))
      }
    }),
    { numRuns: 1_000 },
  )
})

test('arguments and environment of a program are texts, within their room', () => {
  const program = { name: 'a', module: 'x.wasm' }
  const { args, grants } = parseAgentOptions({ ...program, args: ['-c', ''], grants: { env: { LANG: 'C', A: '' } } })
  assert.deepEqual([args, { ...grants.env }], [['-c', ''], { LANG: 'C', A: '' }])
  const wrong = [
    { args: 'x' },
    { args: [1] },
    { args: ['a\0b'] },
    { args: ['x'.repeat(70_000)] },
    { grants: { env: ['A=1'] } },
    { grants: { env: { 'A=': '1' } } },
    { grants: { env: { '': '1' } } },
    { grants: { env: { A: 1 } } },
    { grants: { env: { A: '\0' } } },
    { grants: { env: { A: 'x'.repeat(70_000) } } },
  ]
  for (const given of wrong)
    assert.throws(() => parseAgentOptions({ ...program, ...given }), { code: 'ERR_CONFIG_INVALID' })
})

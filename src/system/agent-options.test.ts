import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GRANTS, NO_GRANTS } from '../capability/index.ts'
import { CaxtonError, DEFAULT_LIMITS, LIMITS } from '../core/index.ts'
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
  const limits = parseLimits({ fuel: '50M', memory: '16MiB', wall: '1.5s', messages: 7, message_bytes: 4096 })
  assert.deepEqual(limits, {
    ...DEFAULT_LIMITS,
    fuel: 50e6,
    memoryBytes: 2 ** 24,
    wallMs: 1_500,
    messages: 7,
    messageBytes: 4_096,
  })
  assert.deepEqual(parseLimits(undefined), DEFAULT_LIMITS)
})

for (const [name, row] of Object.entries(LIMITS)) {
  test(`limit ${row.key} is taken from ${row.min} to ${row.max} and refused beyond`, () => {
    assert.equal(parseLimits({ [row.key]: row.min })[name as keyof typeof LIMITS], row.min)
    assert.equal(parseLimits({ [row.key]: row.max })[name as keyof typeof LIMITS], row.max)
    for (const value of [row.max + 1, row.min - 1, -1, Number.NaN, Number.POSITIVE_INFINITY, null, {}]) {
      assert.equal(problemsOf(() => parseLimits({ [row.key]: value })).length, 1, String(value))
    }
  })
}

for (const [name, { example }] of Object.entries(GRANTS)) {
  test(`the example of grant ${name} is taken`, () => {
    const [key, written] = example.split(' = ')
    const grants = parseGrants({ [key ?? '']: JSON.parse(written ?? '') })
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
      limits: { ...DEFAULT_LIMITS, fuel: 5_000 },
      grants: { ...NO_GRANTS, send: ['b'] },
      config: { n: '1' },
    },
  )
  assert.deepEqual(parseAgentOptions({ name: 'a', source: 'x.ts', language: 'typescript' }).program, {
    kind: 'source',
    path: 'x.ts',
    language: 'typescript',
  })
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
    'replicas: is not a known key, expected one of name, bytes, source, module, language, limits, grants, config',
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

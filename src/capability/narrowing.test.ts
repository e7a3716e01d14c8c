import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { GrantName, Grants } from './grants.ts'
import { GRANTS, NO_GRANTS } from './grants.ts'
import type { HttpRule } from './http-grant.ts'
import { HTTP_RULE_DEFAULTS, matchesHttp, parseHttpPattern, parseHttpUrl } from './http-grant.ts'
import { narrowGrant, narrowGrants } from './narrowing.ts'

function rule(url: string, fields: Partial<HttpRule> = {}): HttpRule {
  const pattern = parseHttpPattern(url)
  assert.ok(pattern !== null, url)
  const none = { secrets: [], addresses: [], responseHeaders: [] }
  return { url, pattern, methods: ['GET'], ...none, ...HTTP_RULE_DEFAULTS, ...fields }
}

const MEMORY = { kind: 'memory', at: '/tmp', bytes: 100, files: 10, preload: null } as const
const HOST = { kind: 'host', at: '/data', path: '/srv/data', access: 'rw', bytes: 100, files: 10 } as const

interface Case<Name extends GrantName = GrantName> {
  readonly grant: Name
  readonly whole: Grants[Name]
  readonly within: readonly Grants[Name][]
  readonly wider: readonly Grants[Name][]
}

function of<Name extends GrantName>(row: Case<Name>): Case {
  return row as unknown as Case
}

const CASES: readonly Case[] = [
  of({
    grant: 'send',
    whole: ['a', 'b'],
    within: [[], ['a'], ['b', 'a']],
    wider: [['c'], ['*'], ['a', 'capability:a']],
  }),
  of({ grant: 'send', whole: ['*'], within: [['*'], ['a']], wider: [['human:ann'], ['a', 'human:ann']] }),
  of({ grant: 'send', whole: ['*', 'human:ann'], within: [['*'], ['a', 'human:ann']], wider: [['human:bob']] }),
  of({ grant: 'register', whole: ['a'], within: [[], ['a']], wider: [['b']] }),
  of({ grant: 'directory', whole: ['a'], within: [[], ['a']], wider: [['b'], ['*']] }),
  of({ grant: 'directory', whole: ['*'], within: [['*'], ['a']], wider: [] }),
  of({ grant: 'log', whole: 'info', within: [null, 'info', 'error'], wider: ['debug'] }),
  of({ grant: 'log', whole: null, within: [null], wider: ['error'] }),
  of({
    grant: 'clock',
    whole: { resolutionMicros: 10 },
    within: [null, { resolutionMicros: 10 }, { resolutionMicros: 99 }],
    wider: [{ resolutionMicros: 9 }],
  }),
  of({
    grant: 'env',
    whole: { A: '1', B: '2' },
    within: [{}, { A: '1' }, { A: '1', B: '2' }],
    wider: [{ A: '2' }, { C: '1' }, { toString: '' }],
  }),
  of({ grant: 'random', whole: { source: 'secure' }, within: [null, { source: 'seeded', seed: 1 }], wider: [] }),
  of({
    grant: 'random',
    whole: { source: 'seeded', seed: 1 },
    within: [{ source: 'seeded', seed: 1 }],
    wider: [{ source: 'secure' }, { source: 'seeded', seed: 2 }],
  }),
  of({
    grant: 'files',
    whole: [MEMORY, HOST],
    within: [[], [{ ...MEMORY, bytes: 50 }], [{ ...HOST, access: 'ro', path: '/srv/data/part', at: '/x' }]],
    wider: [
      [{ ...MEMORY, bytes: 101 }],
      [{ ...HOST, path: '/srv' }],
      [{ ...HOST, path: '/srv/database' }],
      [{ ...HOST, files: 11 }],
      [{ ...MEMORY, preload: { kind: 'directory', path: '/etc' } }],
    ],
  }),
  of({ grant: 'files', whole: [{ ...HOST, access: 'ro' }], within: [[{ ...HOST, access: 'ro' }]], wider: [[HOST]] }),
  of({
    grant: 'store',
    whole: { bytes: 10, keys: 2 },
    within: [null, { bytes: 10, keys: 1 }],
    wider: [
      { bytes: 11, keys: 1 },
      { bytes: 1, keys: 3 },
    ],
  }),
  of({ grant: 'timers', whole: 4, within: [null, 4, 1], wider: [5] }),
  of({
    grant: 'tools',
    whole: ['a/x', 'b/*'],
    within: [[], ['a/x'], ['b/y', 'b/*']],
    wider: [['a/*'], ['a/y'], ['c/x']],
  }),
  of({
    grant: 'publish',
    whole: ['a.*', 'b.>'],
    within: [[], ['a.*'], ['a.x', 'b.c.d', 'b.*.>']],
    wider: [['a.>'], ['>'], ['b'], ['a.x', 'c']],
  }),
  of({ grant: 'subscribe', whole: ['a.>'], within: [[], ['a.b', 'a.*', 'a.>']], wider: [['>'], ['*.b']] }),
  of({ grant: 'delegate', whole: ['http'], within: [[], ['http']], wider: [['tools']] }),
  of({
    grant: 'spawn',
    whole: { templates: ['w'], agents: 2 },
    within: [null, { templates: ['w'], agents: 1 }],
    wider: [
      { templates: ['w'], agents: 3 },
      { templates: ['v'], agents: 1 },
    ],
  }),
  of({
    grant: 'http',
    whole: [rule('https://*.example.com/v1/*', { methods: ['GET', 'POST'], addresses: ['10.0.0.0/8'] })],
    within: [
      [],
      [rule('https://api.example.com/v1/users')],
      [rule('https://*.eu.example.com/v1/a/*', { addresses: ['10.0.0.0/8'] })],
    ],
    wider: [
      [rule('https://example.com/v1/users')],
      [rule('http://api.example.com/v1/users')],
      [rule('https://api.example.com:444/v1/users')],
      [rule('https://api.example.com/v2/users')],
      [rule('https://api.example.com/*')],
      [rule('https://*/v1/users')],
      [rule('https://api.example.com/v1/users', { methods: ['DELETE'] })],
      [rule('https://api.example.com/v1/users', { addresses: ['127.0.0.0/8'] })],
      [rule('https://api.example.com/v1/users', { responseHeaders: ['set-cookie'] })],
      [rule('https://api.example.com/v1/users', { secrets: [{ header: 'x', form: 'plain', template: [] }] })],
    ],
  }),
]

suite('narrowing', () => {
  for (const { grant, whole, within, wider } of CASES) {
    test(`of ${grant} = ${JSON.stringify(whole).slice(0, 60)} answers what is within and refuses what is wider`, () => {
      for (const wanted of within) {
        assert.ok(wanted === null || narrowGrant(grant, wanted, whole) !== null, JSON.stringify(wanted))
        assert.equal(typeof narrowGrants({ ...NO_GRANTS, [grant]: wanted }, { ...NO_GRANTS, [grant]: whole }), 'object')
      }
      for (const wanted of wider) {
        assert.equal(narrowGrant(grant, wanted, whole), null, JSON.stringify(wanted))
        assert.equal(narrowGrants({ ...NO_GRANTS, [grant]: wanted }, { ...NO_GRANTS, [grant]: whole }), grant)
      }
    })
  }

  test('knows every grant, and nothing is within nothing', () => {
    assert.deepEqual(narrowGrants(NO_GRANTS, NO_GRANTS), NO_GRANTS)
    const tried = new Set(CASES.map(({ grant }) => grant))
    assert.deepEqual(
      Object.keys(GRANTS).filter((name) => !tried.has(name as GrantName)),
      [],
    )
    for (const { grant, within } of CASES) {
      for (const wanted of within.filter(
        (value) => typeof value !== 'object' || (value !== null && Object.keys(value).length > 0),
      )) {
        assert.equal(narrowGrants({ ...NO_GRANTS, [grant]: wanted }, NO_GRANTS), grant)
      }
    }
  })

  test('keeps the secrets of a rule of HTTP, and none of its numbers grows', () => {
    const secrets = [{ header: 'authorization', form: 'plain', template: [] }] as const
    const whole = rule('https://a.example/*', {
      secrets,
      responseBytes: 10,
      timeoutMs: 5,
      concurrency: 1,
      redirects: 0,
    })
    const [narrowed] = narrowGrant('http', [rule('https://a.example/b', { requestBytes: 1 })], [whole])!
    assert.deepEqual(narrowed, {
      ...whole,
      ...{
        url: 'https://a.example/b',
        pattern: parseHttpPattern('https://a.example/b'),
        requestBytes: 1,
        within: whole,
      },
    })
  })

  test('never lets a rule of HTTP allow what its source does not', () => {
    const host = fc.constantFrom('*', '*.a.b', 'a.b', 'x.a.b', '*.x.a.b', 'y.x.a.b')
    const path = fc.constantFrom('/', '/*', '/v', '/v/*', '/v/w', '/v/w/*', '/vv')
    const url = fc.tuple(fc.constantFrom('http', 'https'), host, path).map(([s, h, p]) => `${s}://${h}${p}`)
    const concrete = fc
      .tuple(fc.constantFrom('http', 'https'), fc.constantFrom('a.b', 'x.a.b', 'y.x.a.b', 'q.z'), path)
      .map(([s, h, p]) => `${s}://${h}${p.replace('*', 'k/l')}`)
    fc.assert(
      fc.property(url, url, concrete, (wanted, whole, target) => {
        const narrowed = narrowGrant('http', [rule(wanted)], [rule(whole)])
        const parsed = parseHttpUrl(target)!
        if (narrowed === null || !matchesHttp(narrowed[0]!.pattern, parsed)) return
        assert.ok(matchesHttp(parseHttpPattern(whole)!, parsed), `${wanted} of ${whole} allows ${target}`)
      }),
      { numRuns: 2_000 },
    )
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TOPIC_LIMITS } from './limits.ts'
import { coversTopics, isCoveredBy, isTopicName, isTopicPattern, topicOf } from './topic.ts'

const NAMES = ['prices', 'prices.gold', 'A.b-c.d_e', '0', Array(TOPIC_LIMITS.tokens).fill('a').join('.')]
const PATTERNS = ['*', '>', 'prices.*', 'prices.>', '*.gold', '*.*.>', 'a.*.b.>']
const NEITHER = [
  '',
  '.',
  'a.',
  '.a',
  'a..b',
  'a b',
  'a.>.b',
  '>.a',
  'a*',
  'a.b*',
  '**',
  '>>',
  'ä',
  'a\0',
  'a\n',
  'a:b',
  'a/b',
  '__proto__.💥',
  'x'.repeat(TOPIC_LIMITS.nameChars + 1),
  Array(TOPIC_LIMITS.tokens + 1)
    .fill('a')
    .join('.'),
]

test('names are tokens joined by points; a name is a pattern, too', () => {
  for (const name of NAMES) assert.deepEqual([isTopicName(name), isTopicPattern(name)], [true, true], name)
  for (const pattern of PATTERNS)
    assert.deepEqual([isTopicName(pattern), isTopicPattern(pattern)], [false, true], pattern)
  for (const text of NEITHER) assert.deepEqual([isTopicName(text), isTopicPattern(text)], [false, false], text)
})

test('only an address behind topic: names one', () => {
  assert.equal(topicOf('topic:prices.gold'), 'prices.gold')
  assert.equal(topicOf('capability:prices'), null)
  assert.equal(topicOf('topic'), null)
})

const CASES: readonly (readonly [whole: string, pattern: string, isCovered: boolean])[] = [
  ['prices.*', 'prices.gold', true],
  ['prices.*', 'prices.gold.fix', false],
  ['prices.*', 'prices', false],
  ['prices.*', 'prices.*', true],
  ['prices.*', 'prices.>', false],
  ['prices.>', 'prices.>', true],
  ['prices.>', 'prices.*', true],
  ['prices.>', 'prices.*.>', true],
  ['prices.>', 'prices', false],
  ['*.>', '>', false],
  ['>', '*.>', true],
  ['>', '>', true],
  ['prices.gold', 'prices.*', false],
]

for (const [whole, pattern, isCovered] of CASES) {
  test(`${whole} ${isCovered ? 'covers' : 'does not cover'} ${pattern}`, () => {
    assert.equal(coversTopics(whole, pattern), isCovered)
  })
}

const token = fc.constantFrom('a', 'b')
const name = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'))
const pattern = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', '*'), { minLength: 0, maxLength: 4 }), fc.boolean())
  .filter(([tokens, hasRest]) => tokens.length > 0 || hasRest)
  .map(([tokens, hasRest]) => [...tokens, ...(hasRest ? ['>'] : [])].join('.'))

/** What a pattern means, said in another way. */
function toExpression(text: string): RegExp {
  const parts = text.split('.').map((part) => (part === '*' ? '[^.]+' : part === '>' ? '.+' : part))
  return new RegExp(`^${parts.join('\\.')}$`)
}

test('a pattern covers exactly the names that it stands for', () => {
  fc.assert(fc.property(pattern, name, (whole, one) => coversTopics(whole, one) === toExpression(whole).test(one)))
})

/** Names of up to six tokens, one of which no pattern above names: enough to tell any two patterns of five tokens apart. */
const UNIVERSE = ['a', 'b', 'c'].flatMap((first) => extend([first], 5))

function extend(tokens: readonly string[], more: number): string[] {
  const own = tokens.join('.')
  return more === 0 ? [own] : [own, ...['a', 'b', 'c'].flatMap((next) => extend([...tokens, next], more - 1))]
}

test('one pattern covers another if and only if it stands for every name that the other stands for', () => {
  fc.assert(
    fc.property(pattern, pattern, (whole, narrow) => {
      const [wide, small] = [toExpression(whole), toExpression(narrow)]
      return coversTopics(whole, narrow) === UNIVERSE.every((one) => !small.test(one) || wide.test(one))
    }),
  )
})

test('covering is reflexive and transitive', () => {
  fc.assert(
    fc.property(pattern, pattern, pattern, (one, two, three) => {
      assert.ok(coversTopics(one, one))
      if (coversTopics(one, two) && coversTopics(two, three)) assert.ok(coversTopics(one, three))
    }),
  )
})

test('a pattern is covered by several when one of them covers it whole', () => {
  assert.equal(isCoveredBy('a.b', ['c', 'a.*']), true)
  assert.equal(isCoveredBy('a.>', ['a.*', 'a.*.>']), false)
  assert.equal(isCoveredBy('a', []), false)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainException } from './javascript-exception.ts'

const MODULES = new Set(['agent.ts', 'lib/words.ts', 'two words.js'])
const CASES = [
  {
    name: 'names the innermost place in the script',
    stack: '    at check (caxton:door:20:5)\n    at post (agent.ts:12:7)\n    at handleMessage (agent.ts:3:1)\n',
    detail: 'TypeError: x at post (agent.ts:12:7)',
    data: { exception: 'TypeError: x', file: 'agent.ts', line: 12, column: 7 },
  },
  {
    name: 'names a module that the script imports',
    stack: '    at map (native)\n    at count (lib/words.ts:4:2)\n    at handleMessage (agent.ts:3:1)\n',
    detail: 'TypeError: x at count (lib/words.ts:4:2)',
    data: { exception: 'TypeError: x', file: 'lib/words.ts', line: 4, column: 2 },
  },
  {
    name: 'takes a place without a function',
    stack: '    at two words.js:3:1\n',
    detail: 'TypeError: x at two words.js:3:1',
    data: { exception: 'TypeError: x', file: 'two words.js', line: 3, column: 1 },
  },
  {
    name: 'takes a place without a column',
    stack: '    at agent.ts:3\n',
    detail: 'TypeError: x at agent.ts:3',
    data: { exception: 'TypeError: x', file: 'agent.ts', line: 3 },
  },
  { name: 'does without a place', stack: '', detail: 'TypeError: x', data: { exception: 'TypeError: x' } },
  {
    name: 'takes no place from a stack that is something else',
    stack: 'at agent.ts:99999999999:1\n    at f (/etc/passwd:1:1)\n    at evil (other.ts:1:1)',
    detail: 'TypeError: x',
    data: { exception: 'TypeError: x' },
  },
]

for (const { name, stack, detail, data } of CASES) {
  test(name, () => {
    assert.deepEqual(explainException('TypeError: x', stack, MODULES), { code: 'ERR_GUEST_EXCEPTION', detail, data })
  })
}

test('texts of a guest are cut', () => {
  const { detail = '' } = explainException('x'.repeat(1e6), `    at ${'f'.repeat(1e5)} (agent.ts:1:1)`, MODULES)
  assert.ok(detail.length < 1_200)
})

test('a stack that is made to be hard to read is read at once', () => {
  const parts = [' (', 'a:1', ':', ' ', '(a:1:', ') (']
  for (const part of parts) explainException('x', `    at ${part.repeat(2e5)}`, MODULES)
})

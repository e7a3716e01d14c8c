import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainException } from './javascript-exception.ts'

const CASES = [
  {
    name: 'names the innermost place in the script',
    stack: '    at check (caxton:door:20:5)\n    at post (script:12:7)\n    at handleMessage (script:3:1)\n',
    detail: 'TypeError: x at post (script:12:7)',
    data: { exception: 'TypeError: x', line: 12, column: 7 },
  },
  {
    name: 'takes a place without a function',
    stack: '    at script:3:1\n',
    detail: 'TypeError: x at script:3:1',
    data: { exception: 'TypeError: x', line: 3, column: 1 },
  },
  { name: 'does without a place', stack: '', detail: 'TypeError: x', data: { exception: 'TypeError: x' } },
  {
    name: 'takes no place from a stack that is something else',
    stack: 'at script:99999999999:1',
    detail: 'TypeError: x',
    data: { exception: 'TypeError: x' },
  },
]

for (const { name, stack, detail, data } of CASES) {
  test(name, () => {
    assert.deepEqual(explainException('TypeError: x', stack), { code: 'ERR_GUEST_EXCEPTION', detail, data })
  })
}

test('texts of a guest are cut', () => {
  const { detail = '' } = explainException('x'.repeat(1e6), `    at ${'f'.repeat(1e5)} (script:1:1)`)
  assert.ok(detail.length < 1_200)
})

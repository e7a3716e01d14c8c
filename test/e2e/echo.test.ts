import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT, runSystem } from './run-system.ts'

test('the echo agent answers alike in every language', async () => {
  const run = await runSystem(join(ROOT, 'examples/echo/caxton.toml'))
  assert.equal(run.exitCode, 0, run.stderr)
  const sent = run.lines.flatMap(({ type, message }) => (type === 'sent' && message !== undefined ? [message] : []))
  for (const [name, language] of [
    ['echo-c', 'C'],
    ['echo-as', 'AssemblyScript'],
    ['echo-ts', 'TypeScript'],
  ]) {
    const replies = sent.filter(({ sender }) => sender === name)
    assert.deepEqual(
      replies.map(({ receiver, performative, content }) => ({ receiver, performative, content })),
      [{ receiver: 'user', performative: 'inform', content: { text: 'hello', to: [language, 'größe', '😀'] } }],
    )
  }
  assert.deepEqual(
    run.summary?.agents.map(({ phase }) => phase),
    ['stopped', 'stopped', 'stopped'],
  )
})

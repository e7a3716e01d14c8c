import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ROOT, runSystem } from './run-system.ts'

const folder = mkdtempSync(join(tmpdir(), 'caxton-files-example-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('a C program reads the file it was granted, writes in memory, and nothing else', {
  skip: process.platform === 'linux' ? false : 'directories of the host are offered on Linux alone',
}, async () => {
  const target = join(folder, 'out')
  const data = join(ROOT, 'examples/files/data')
  const before = readdirSync(data)
  const run = await runSystem(join(ROOT, 'examples/files/caxton.toml'), '--export', `lines:/out=${target}`)
  assert.equal(run.exitCode, 0, run.stderr)
  assert.deepEqual(run.summary?.result?.content, { lines: 3, outside: false, changed: false })
  assert.equal(readFileSync(join(target, 'report.txt'), 'utf8'), '/data/words.txt: 3 lines\n')
  assert.equal(readFileSync(join(target, 'readme.txt'), 'utf8'), 'What was counted.\n')
  assert.deepEqual(readdirSync(data), before)
})

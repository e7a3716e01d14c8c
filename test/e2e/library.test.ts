import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '../..')

test('the library example prints what it says and ends by itself', () => {
  const output = execFileSync(process.execPath, ['examples/library/main.ts'], { cwd: ROOT, encoding: 'utf8' })
  assert.equal(output, "inform { text: 'hello' }\necho is running: 1 message in, 1 out\n")
})

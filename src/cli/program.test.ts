import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CaxtonError } from '../core/index.ts'
import type { ExecRequest, ExecResult } from './commands/exec.ts'
import { declareExec } from './commands/exec.ts'
import { declareInspect } from './commands/inspect.ts'
import { declareRun } from './commands/run.ts'
import type { Output } from './output.ts'
import { NO_PAINT } from './paint.ts'
import { runProgram } from './program.ts'

interface Capture extends Output {
  readonly out: string[]
  readonly errors: string[]
}

function createCapture(): Capture {
  const out: string[] = []
  const errors: string[] = []
  return {
    out,
    errors,
    line: (text) => void out.push(text),
    bytes: (data) => void out.push(Buffer.from(data).toString()),
    errorLine: (text) => void errors.push(text),
    errorBytes: (data) => void errors.push(Buffer.from(data).toString()),
    flush: async () => {},
    columns: 100,
    paint: NO_PAINT,
    errorPaint: NO_PAINT,
    gone: new AbortController().signal,
  }
}

const USAGE = { fuel: 10, cpuMs: 1, memoryBytes: 65_536 }
async function run(
  args: readonly string[],
  exec?: (request: ExecRequest) => Promise<ExecResult>,
  respawn?: (flags: readonly string[]) => Promise<number>,
) {
  const output = createCapture()
  const commands = [
    declareRun,
    declareExec(exec ?? (() => assert.fail('nothing is to run')), respawn ?? (() => assert.fail('nothing is to run'))),
    declareInspect,
  ]
  const exitCode = await runProgram(args, '1.2.3', commands, output)
  return { exitCode, out: output.out, errors: output.errors }
}

async function withModule(use: (file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'caxton-cli-'))
  try {
    writeFileSync(join(folder, 'x.wasm'), Uint8Array.of(1, 2, 3))
    await use(join(folder, 'x.wasm'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const WRONG: { args: string[]; detail: string }[] = [
  { args: [], detail: 'no command is given' },
  { args: ['rnu'], detail: "unknown command 'rnu' (Did you mean run?)" },
  { args: ['run'], detail: "missing required argument 'system'" },
  { args: ['run', 'a', 'b'], detail: "too many arguments for 'run'. Expected 1 argument but got 2" },
  { args: ['run', 'a', '--jsn'], detail: "unknown option '--jsn' (Did you mean --json?)" },
  {
    args: ['run', 'a', '--threads', '0'],
    detail: "option '--threads <count>' argument '0' is invalid. expected between 1 and 64",
  },
  { args: ['run', 'a', '--quiet', '--verbose'], detail: "option '--verbose' cannot be used with option '--quiet'" },
  {
    args: ['exec', 'a', '--env', '=x'],
    detail: "option '--env <name=value>' argument '=x' is invalid. expected NAME=value",
  },
  {
    args: ['exec', 'a', '--env', 'A=1', '--env', 'A=2'],
    detail: "option '--env <name=value>' argument 'A=2' is invalid. A is given twice",
  },
  {
    args: ['exec', 'a', '--memory', '1KiB'],
    detail: "option '--memory <size>' argument '1KiB' is invalid. expected between 65536 and 4294967296 bytes",
  },
  {
    args: ['exec', 'a', '--fuel', 'lots'],
    detail:
      'option \'--fuel <count>\' argument \'lots\' is invalid. expected a count such as "50M" (units K, M, G, T), found "lots"',
  },
  { args: ['run', '--\x1b[2J'], detail: "unknown option '--\\u{1b}[2J'" },
]

for (const { args, detail } of WRONG) {
  test(`caxton ${JSON.stringify(args.join(' '))} is refused with what is wrong`, async () => {
    const { exitCode, out, errors } = await run(args)
    assert.deepEqual([exitCode, out], [64, []])
    assert.deepEqual(errors, [
      `ERR_CLI_USAGE: Command line is not valid: ${detail}`,
      'next: see "caxton --help" or "caxton <command> --help"',
    ])
  })
}

test('a usage error is one JSON object where --json is given, but not behind --', async () => {
  const { errors } = await run(['run', '--json', '--nope'])
  assert.equal(errors.length, 1)
  assert.equal(JSON.parse(errors[0] ?? '').error.code, 'ERR_CLI_USAGE')
  assert.match((await run(['exec', '--nope', '--', '--json'])).errors[0] ?? '', /^ERR_CLI_USAGE: /)
})

test('help and version are shown on the output and are no error', async () => {
  for (const args of [['--help'], ['run', '--help'], ['exec', '--help'], ['inspect', '--help']]) {
    const { exitCode, out, errors } = await run(args)
    assert.deepEqual([exitCode, errors], [0, []])
    assert.match(out.join('\n'), /Usage: caxton/)
    assert.match(out.join('\n'), /Examples:/)
  }
  assert.deepEqual(await run(['--version']), { exitCode: 0, out: ['1.2.3'], errors: [] })
})

test('exec gives the command what was given, and no more, and ends with its exit code', async () => {
  await withModule(async (file) => {
    const requests: ExecRequest[] = []
    const { exitCode, out, errors } = await run(
      ['exec', file, '--env', 'A=1=2', '--memory', '1MiB', '--random', 'seeded:1', '--', '--fuel', 'x'],
      async (request) => {
        requests.push(request)
        request.onStdout(Buffer.from('out'))
        request.onStderr(Buffer.from('err'))
        return { exitCode: 7, error: null, usage: USAGE }
      },
    )
    assert.deepEqual([exitCode, out, errors], [7, ['out'], ['err']])
    const { args, env, limits, clock, random, bytes } = requests[0]!
    assert.deepEqual(
      { args, env, limits, clock, random },
      {
        args: ['x.wasm', '--fuel', 'x'],
        env: { A: '1=2' },
        limits: { memoryBytes: 2 ** 20 },
        clock: undefined,
        random: 'seeded:1',
      },
    )
    assert.deepEqual([...bytes], [1, 2, 3])
  })
})

test('exec runs a command that is to be compiled for speed in a process that is started so', async () => {
  const flags: string[] = []
  const ran = await run(['exec', 'x.wasm', '--compile', 'speed'], undefined, async (given) => {
    flags.push(...given)
    return 33
  })
  assert.deepEqual([ran.exitCode, flags], [33, ['--no-liftoff']])
  const refused = await run(['exec', 'x.wasm', '--compile', 'fast'])
  assert.equal(refused.exitCode, 64)
  assert.match(refused.errors.join(), /Allowed choices are start, speed/)
})

test('exec ends with the exit code of the error where the command did not end by itself', async () => {
  await withModule(async (file) => {
    const error = { code: 'ERR_LIMIT_FUEL', detail: "in function '\x1b[2J'" } as const
    const { exitCode, errors } = await run(['exec', file], async () => ({ exitCode: -1, error, usage: USAGE }))
    assert.equal(exitCode, 69)
    assert.equal(errors[0], "ERR_LIMIT_FUEL: Fuel for one message is used up: in function '\\u{1b}[2J'")
    assert.match(errors[1] ?? '', /^next: raise fuel/)
  })
})

test('a module file that is not there is refused', async () => {
  for (const command of ['exec', 'inspect']) {
    const { exitCode, errors } = await run([command, 'nowhere.wasm'])
    assert.equal(exitCode, 64)
    assert.equal(
      errors[0],
      'ERR_CONFIG_FILE_MISSING: File does not exist or cannot be read: "nowhere.wasm" does not exist',
    )
  }
})

test('a stack is shown only where the host itself is at fault', async () => {
  await withModule(async (file) => {
    const fail = (error: unknown) => run(['exec', file], () => Promise.reject(error))
    const guest = await fail(new CaxtonError('ERR_GUEST_TRAP', { detail: 'unreachable' }))
    assert.deepEqual([guest.exitCode, guest.errors.length], [65, 2])
    const host = await fail(new TypeError('oops'))
    assert.equal(host.exitCode, 70)
    assert.match(host.errors.join('\n'), /ERR_INTERNAL: .*oops\nnext: .*\n {2}TypeError: oops\n {6}at /)
  })
})

import { basename, dirname, join } from 'node:path'
import type { Command } from 'commander'
import { Option } from 'commander'
import type { CompileMode, ErrorData, Limits } from '../../core/index.ts'
import { CaxtonError, COMPILE_MODES, SPEED_FLAGS } from '../../core/index.ts'
import { defaultCacheDirectory } from '../../languages/index.ts'
import { readModuleFile } from '../bounded-file.ts'
import { renderJsonFailure, renderTrap } from '../failure.ts'
import type { DirOption } from '../options.ts'
import { dirOption, envOption, limitOption } from '../options.ts'
import type { Output } from '../output.ts'
import { escapeText, toJsonLine } from '../plain-text.ts'
import { catchSignals, INTERRUPTED_EXIT_CODE } from '../signals.ts'
import { openInput } from './exec-input.ts'
import type { Runner } from './runner.ts'

/** One run of a WASI command. */
export interface ExecRequest {
  readonly bytes: Uint8Array
  /** The name of the program, then its arguments. */
  readonly args: readonly string[]
  /** Does not default to the environment of the host, because that would break the sandbox. */
  readonly env: Readonly<Record<string, string>>
  /** What the caller sets; the rest is at its default. */
  readonly limits: Partial<Limits>
  /** Resolution of the clock, such as `1ms`; undefined gives no clock. */
  readonly clock: string | undefined
  /** `secure` or `seeded:<number>`; undefined gives no random numbers. */
  readonly random: string | undefined
  /** How V8 compiles it; undefined for the default. */
  readonly compile: CompileMode | undefined
  /** Where rewritten modules are kept for the next run. */
  readonly moduleCacheDirectory: string
  /** Files it sees. */
  readonly files: readonly DirOption[]
  /** Standard input; undefined for none. */
  readonly stdin: AsyncIterable<Uint8Array> | undefined
  readonly signal: AbortSignal
  readonly onStdout: (data: Uint8Array) => void
  readonly onStderr: (data: Uint8Array) => void
  /** Resolves when what was written has been taken. */
  readonly flush: () => Promise<void>
  readonly onRefuse: (refusal: ErrorData) => void
}

export interface ExecResult {
  readonly exitCode: number
  /** Why the command did not end by itself, null if it did. */
  readonly error: ErrorData | null
  readonly usage: { readonly fuel: number; readonly cpuMs: number; readonly memoryBytes: number }
}

/** Runs this command line in a process with other flags of V8 and returns its exit code. */
export type Respawn = (flags: readonly string[]) => Promise<number>

/** Runs a WASI command in the sandbox. */
export type ExecModule = (request: ExecRequest) => Promise<ExecResult>

interface ExecFlags {
  readonly env: Readonly<Record<string, string>>
  readonly dir: readonly DirOption[]
  readonly name?: string
  readonly output?: number
  readonly stack?: number
  readonly fuel?: number
  readonly memory?: number
  readonly timeout?: number
  readonly clock?: string
  readonly random?: string
  readonly compile?: CompileMode
  readonly stdin?: string
  readonly json?: true
}

const EXAMPLES = `
Examples:
  caxton exec hello.wasm
  caxton exec tool.wasm --env LANG=C --memory 64MiB --timeout 5s -- --verbose input
  caxton exec dice.wasm --random seeded:42
  caxton exec python.wasm --dir .::/work::ro --stdin - -- -c 'print(input())'
  caxton exec solve.wasm --compile speed --fuel 1T --timeout 1h

The command sees no file, no environment, no clock and no random numbers but what is given to it. What it writes is passed on as it
is, terminal codes included. Exit code: that of the command, 255 for one above it; 134 where it trapped, 69 where it reached a limit.`

/** Makes the declaration of `caxton exec`. */
export function declareExec(execModule: ExecModule, respawn: Respawn): (program: Command, run: Runner) => void {
  return (program, run) => {
    program
      .command('exec')
      .description('run one WASI command in the sandbox')
      .argument('<module>', 'a WebAssembly file that exports _start')
      .argument('[arguments...]', 'arguments of the command, behind --')
      .option('--name <name>', 'what the command finds as its own name (default: that of the file)')
      .addOption(createEnvOption())
      .addOption(createDirOption())
      .option('--stdin <file>', 'give it a file as standard input, - for that of this process (default: empty)')
      .option('--fuel <count>', 'instructions it may run, such as 50M (default: 10G)', limitOption('fuel'))
      .option('--memory <size>', 'memory it may have, such as 16MiB (default: 256MiB)', limitOption('memoryBytes'))
      .option(
        '--timeout <duration>',
        'time it may run, and time it may wait, such as 5s (default: 60s, and a day)',
        limitOption('wallMs'),
      )
      .option('--stack <size>', 'stack it may have, such as 256KiB (default: 768KiB)', limitOption('stackBytes'))
      .option('--output <size>', 'what it may write in all, such as 1GiB (default: 64MiB)', limitOption('logBytes'))
      .option('--clock <resolution>', 'let it read the time, in steps such as 1ms')
      .option('--random <source>', 'let it draw random numbers: "secure" or "seeded:<number>"')
      .addOption(createCompileOption())
      .option('--json', 'print errors and what it used as JSON on the error output')
      .addHelpText('after', EXAMPLES)
      .action((file: string, args: string[], flags: ExecFlags) =>
        run((output) =>
          flags.compile === 'speed' && !compilesForSpeed()
            ? respawn(SPEED_FLAGS)
            : execCommand(execModule, file, args, flags, output),
        ),
      )
  }
}

/** Only a process that was started so compiles for speed: then the same command line runs in such a one. */
function compilesForSpeed(): boolean {
  return SPEED_FLAGS.every((flag) => process.execArgv.includes(flag))
}

function createCompileOption(): Option {
  const option = new Option(
    '--compile <mode>',
    '"start", or "speed" for long computations: slower to begin (default: start)',
  )
  return option.choices(COMPILE_MODES)
}

function createEnvOption(): Option {
  const option = new Option('--env <name=value>', 'set an environment variable (repeatable)')
  return option.argParser(envOption).default({}, 'none')
}

function createDirOption(): Option {
  const option = new Option('--dir <host::guest[::ro]>', 'let it see a directory at a place of its own (repeatable)')
  return option.argParser(dirOption).default([], 'none')
}

async function execCommand(
  execModule: ExecModule,
  file: string,
  args: readonly string[],
  flags: ExecFlags,
  output: Output,
): Promise<number> {
  const bytes = await readModuleFile(file)
  const input = await openInput(flags.stdin)
  const stop = new AbortController()
  const releaseSignals = catchSignals(() => stop.abort())
  try {
    const result = await execModule({
      bytes,
      args: [flags.name ?? basename(file), ...args],
      env: flags.env,
      limits: toLimits(flags),
      clock: flags.clock,
      random: flags.random,
      compile: flags.compile,
      files: flags.dir,
      stdin: input ?? undefined,
      moduleCacheDirectory: join(dirname(defaultCacheDirectory()), 'modules'),
      signal: AbortSignal.any([stop.signal, output.gone]),
      onStdout: output.bytes,
      onStderr: output.errorBytes,
      flush: output.flush,
      onRefuse: (refusal) => output.errorLine(describeRefusal(refusal, flags.json === true)),
    })
    if (stop.signal.aborted) return INTERRUPTED_EXIT_CODE
    if (result.error !== null) return reportEnd(CaxtonError.fromData(result.error), flags.json === true, output)
    if (flags.json) output.errorLine(toJsonLine({ exit_code: result.exitCode, usage: result.usage }))
    // A process has 256 of them: one that is beyond must not become another one, least of all 0.
    return Math.min(result.exitCode, LAST_EXIT_CODE)
  } finally {
    releaseSignals()
    input?.destroy()
  }
}

const LAST_EXIT_CODE = 255
/** What a shell reports for a program that was aborted. */
const TRAPPED_EXIT_CODE = 134
const TRAPS: ReadonlySet<string> = new Set([
  'ERR_GUEST_TRAP',
  'ERR_GUEST_EXCEPTION',
  'ERR_GUEST_ABORT',
  'ERR_LIMIT_STACK',
])

/** Reports a command that did not end by itself: with the functions it was in, where it trapped. */
function reportEnd(error: CaxtonError, isJson: boolean, output: Output): number {
  if (!TRAPS.has(error.code)) throw error
  if (isJson) output.errorLine(renderJsonFailure(error))
  else for (const line of renderTrap(error, output.errorPaint)) output.errorLine(line)
  return TRAPPED_EXIT_CODE
}

function describeRefusal(refusal: ErrorData, isJson: boolean): string {
  if (isJson) return toJsonLine({ refused: refusal })
  return escapeText(`caxton: ${CaxtonError.fromData(refusal).message}`)
}

function toLimits({ fuel, memory, timeout, stack, output }: ExecFlags): Partial<Limits> {
  return {
    ...(fuel === undefined ? {} : { fuel }),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(timeout === undefined ? {} : { wallMs: timeout, waitMs: timeout }),
    ...(stack === undefined ? {} : { stackBytes: stack }),
    ...(output === undefined ? {} : { logBytes: output }),
  }
}

import { basename } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Command } from 'commander'
import { Option } from 'commander'
import type { CompileMode, ErrorData, Limits } from '../../core/index.ts'
import { CaxtonError, COMPILE_MODES, SPEED_FLAGS } from '../../core/index.ts'
import { readBoundedFile, readModuleFile } from '../bounded-file.ts'
import { envOption, limitOption } from '../options.ts'
import type { Output } from '../output.ts'
import { toJsonLine } from '../plain-text.ts'
import { catchSignals, INTERRUPTED_EXIT_CODE } from '../signals.ts'
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
  /** Standard input. */
  readonly stdin: Uint8Array
  readonly signal: AbortSignal
  readonly onStdout: (data: Uint8Array) => void
  readonly onStderr: (data: Uint8Array) => void
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
  caxton exec solve.wasm --compile speed --fuel 1T --timeout 1h

The command sees no file, no environment, no clock and no random numbers but what is given to it. What it writes is passed on as it
is, terminal codes included. Exit code: that of the command; 64 and above where it did not end by itself.`

/** Makes the declaration of `caxton exec`. */
export function declareExec(execModule: ExecModule, respawn: Respawn): (program: Command, run: Runner) => void {
  return (program, run) => {
    program
      .command('exec')
      .description('run one WASI command in the sandbox')
      .argument('<module>', 'a WebAssembly file that exports _start')
      .argument('[arguments...]', 'arguments of the command, behind --')
      .addOption(createEnvOption())
      .option('--stdin <file>', 'give it a file as standard input, - for that of this process (default: empty)')
      .option('--fuel <count>', 'instructions it may run, such as 50M (default: 10G)', limitOption('fuel'))
      .option('--memory <size>', 'memory it may have, such as 16MiB (default: 256MiB)', limitOption('memoryBytes'))
      .option('--timeout <duration>', 'time it may take, such as 5s (default: 60s)', limitOption('wallMs'))
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

async function execCommand(
  execModule: ExecModule,
  file: string,
  args: readonly string[],
  flags: ExecFlags,
  output: Output,
): Promise<number> {
  const bytes = await readModuleFile(file)
  const stop = new AbortController()
  const releaseSignals = catchSignals(() => stop.abort())
  try {
    const result = await execModule({
      bytes,
      args: [basename(file), ...args],
      env: flags.env,
      limits: toLimits(flags),
      clock: flags.clock,
      random: flags.random,
      compile: flags.compile,
      stdin: await readInput(flags.stdin),
      signal: AbortSignal.any([stop.signal, output.gone]),
      onStdout: output.bytes,
      onStderr: output.errorBytes,
    })
    if (stop.signal.aborted) return INTERRUPTED_EXIT_CODE
    if (result.error !== null) throw CaxtonError.fromData(result.error)
    if (flags.json) output.errorLine(toJsonLine({ exit_code: result.exitCode, usage: result.usage }))
    return result.exitCode
  } finally {
    releaseSignals()
  }
}

/** Largest file that is given as standard input, bytes. */
const STDIN_BYTES = 2 ** 30

async function readInput(file: string | undefined): Promise<Uint8Array> {
  if (file === undefined) return new Uint8Array()
  return file === '-' ? buffer(process.stdin) : readBoundedFile(file, STDIN_BYTES)
}

function toLimits({ fuel, memory, timeout }: ExecFlags): Partial<Limits> {
  return {
    ...(fuel === undefined ? {} : { fuel }),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(timeout === undefined ? {} : { wallMs: timeout }),
  }
}

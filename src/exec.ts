import { randomBytes } from 'node:crypto'
import type { Grants } from './capability/index.ts'
import { ModuleCache } from './compile/index.ts'
import type { CompileMode, ErrorData, Limits } from './core/index.ts'
import { asCaxtonError, CaxtonError, DEFAULT_LIMITS, LIMITS, SPEED_FLAGS } from './core/index.ts'
import { ExecStreams } from './exec-streams.ts'
import type { Sandbox, Usage } from './sandbox/index.ts'
import { Mailboxes, NO_USAGE, ProcessPool, SandboxPool } from './sandbox/index.ts'
import type { FilesInput } from './system/index.ts'
import { parseGrants } from './system/index.ts'
import type { MemoryTree } from './wasi/index.ts'
import { loadMounts } from './wasi/index.ts'

/** One run of a WASI command. */
export interface ExecRequest {
  readonly bytes: Uint8Array
  /** The name of the program, then its arguments. */
  readonly args: readonly string[]
  /** Does not default to the environment of the host, because that would break the sandbox. */
  readonly env: Readonly<Record<string, string>>
  /** @default EXEC_LIMITS; `logBytes` bounds what the command writes. */
  readonly limits: Partial<Limits>
  /** Resolution of the clock, such as `1ms`. @default no clock */
  readonly clock?: string | undefined
  /** `secure` or `seeded:<number>`. @default no random numbers */
  readonly random?: string | undefined
  /** Files it sees, as the grant `files` of a system file; relative paths of the host go from the working directory. @default none */
  readonly files?: readonly FilesInput[]
  /** Places of files in memory that are copied when the command has ended by itself. @default none */
  readonly exportFiles?: readonly string[]
  /**
   * How V8 compiles it: `start` or `speed`, for a long computation. Where this process was not started for speed, see
   * `SPEED_FLAGS`, the command runs in one that is, and can be given no directory of the host. @default start
   */
  readonly compile?: CompileMode | undefined
  /** Directory where rewritten modules are kept for the next run; see `CaxtonOptions`. @default nowhere */
  readonly moduleCacheDirectory?: string
  /** Standard input; of one that is iterated no more is read than the command wants. @default empty */
  readonly stdin?: Uint8Array | AsyncIterable<Uint8Array> | undefined
  readonly signal?: AbortSignal
  readonly onStdout: (data: Uint8Array) => void
  readonly onStderr: (data: Uint8Array) => void
  /** Resolves when what was written has been taken: meanwhile the command waits. @default at once */
  readonly flush?: () => Promise<void>
  /** Something was refused: `ERR_LIMIT_LOG` for output beyond `logBytes`. */
  readonly onRefuse?: (refusal: ErrorData) => void
}

export interface ExecResult {
  /** What the command exited with; -1 where it did not end by itself. */
  readonly exitCode: number
  /** Why it did not end by itself, null if it did. */
  readonly error: ErrorData | null
  readonly usage: Usage
  /** By place, what was asked for with `exportFiles`; see `saveTree`. */
  readonly files: Readonly<Record<string, MemoryTree>>
}

/** A command does all of its work in one call, so it may do more in it than an agent. */
export const EXEC_LIMITS: Limits = Object.freeze({
  ...DEFAULT_LIMITS,
  fuel: 10_000_000_000,
  wallMs: 60_000,
  // For what comes from a terminal nobody knows how long it takes.
  waitMs: LIMITS.waitMs.max,
  memoryBytes: 256 * 2 ** 20,
  hostCalls: 10_000_000,
  logBytes: 64 * 2 ** 20,
})

/**
 * Runs a WASI preview 1 command in a sandbox of its own.
 *
 * Guarantees: it reaches no file, no environment, no clock and no random numbers but what the request gives it.
 *
 * @throws CaxtonError what is wrong with the module (ERR_WASM_*, ERR_INSTRUMENT_*, ERR_MODULE_*) or the request
 * (ERR_CONFIG_INVALID); how it ends is in the result
 */
export async function execModule(request: ExecRequest): Promise<ExecResult> {
  const limits: Limits = { ...EXEC_LIMITS, ...request.limits }
  const grants = readGrants(request)
  const { moduleCacheDirectory: directory } = request
  const cache = new ModuleCache(undefined, directory === undefined ? {} : { directory })
  const compiled = await cache.compile(request.bytes, limits)
  const isElsewhere = request.compile === 'speed' && !compilesForSpeed()
  if (isElsewhere && grants.files.some(({ kind }) => kind === 'host')) throw unreachableDirectory()
  await using pool = isElsewhere ? openProcesses() : openThread()
  const { args, env, stdin = new Uint8Array() } = request
  const isStream = !(stdin instanceof Uint8Array)
  const streams = new ExecStreams(isStream ? stdin : null, request.flush ?? (() => Promise.resolve()))
  const program = { name: 'command', compiled, door: 'command', script: null, config: {} } as const
  const sandbox = await pool.create(
    {
      ...program,
      compile: request.compile ?? 'start',
      grants,
      limits,
      args,
      env,
      stdin: isStream ? 'asked' : stdin,
      mounts: await loadMounts(grants.files),
    },
    {
      onOutput: (stream, bytes) => (stream === 'stdout' ? request.onStdout(bytes) : request.onStderr(bytes)),
      onLog: () => {},
      onSend: () => {},
      onRegister: () => {},
      onRefuse: (refusal) => request.onRefuse?.(refusal),
      onAsk: (ask) => streams.answer(ask),
    },
  )
  const stop = () => void sandbox.close()
  request.signal?.addEventListener('abort', stop, { once: true })
  if (request.signal?.aborted) stop()
  const { status, error, usage } = await sandbox.start().catch((cause: unknown) => ({
    status: -1,
    error: asCaxtonError(cause),
    usage: NO_USAGE,
  }))
  request.signal?.removeEventListener('abort', stop)
  const files = error === null ? await exportFiles(sandbox, request.exportFiles ?? []) : {}
  return { exitCode: status, error: error?.toData() ?? null, usage, files }
}

async function exportFiles(sandbox: Sandbox, places: readonly string[]): Promise<Readonly<Record<string, MemoryTree>>> {
  const files: Record<string, MemoryTree> = Object.create(null)
  for (const at of places) files[at] = (await sandbox.exportFiles?.(at)) ?? []
  return files
}

/** Whether this process was started with the flags that optimise every function before it runs. */
export function compilesForSpeed(): boolean {
  return SPEED_FLAGS.every((flag) => process.execArgv.includes(flag))
}

function openThread(): SandboxPool {
  return new SandboxPool({ run: randomBytes(4).toString('hex') }, { threads: 1 })
}

function openProcesses(): ProcessPool {
  return new ProcessPool({ run: randomBytes(4).toString('hex'), mailboxes: new Mailboxes({ announce: () => {} }) })
}

function unreachableDirectory(): CaxtonError {
  const detail =
    'a command that is compiled for speed runs in a process of its own, which can be given no directory of the host'
  return new CaxtonError('ERR_CONFIG_INVALID', { detail, data: { problems: [detail] } })
}

/** Nothing but standard output and error is granted unless it is asked for, because that would break the sandbox. */
function readGrants({ clock, random, files }: ExecRequest): Grants {
  return parseGrants({
    log: 'debug',
    ...(clock === undefined ? {} : { clock }),
    ...(random === undefined ? {} : { random }),
    ...(files === undefined ? {} : { files }),
  })
}
